import type { NetworkUpdateOp, Op, WeightUpdateOp } from '../op.ts';
import type { FusionRule } from './rule.ts';

/** Fused updates of all layers, which no longer depend on each other. */
export const oneDispatchUpdate: FusionRule = {
  name: 'one-dispatch-update',
  apply(graph, facts) {
    const updates = graph.ops.filter((op): op is WeightUpdateOp => op.op === 'weightUpdate');
    if (updates.length === 0) return { graph, notes: [] };
    const all: NetworkUpdateOp = { op: 'networkUpdate', label: 'all weight gradients and updates', updates };
    const ops = graph.ops.flatMap((op): Op[] => (op === updates[0] ? [all] : op.op === 'weightUpdate' ? [] : [op]));
    const fused = { ...graph, ops };
    const buffers = facts.buffersRead(fused, all);
    const on = updates.map(({ label }) => label).join(', ');
    if (buffers <= facts.updateBuffers) return { graph: fused, notes: [{ rule: 'one-dispatch-update', fired: true, on }] };
    const why = `activations and deltas lie in ${buffers} buffers; it binds ${facts.updateBuffers}`;
    return { graph, notes: [{ rule: 'one-dispatch-update', fired: false, on, why }] };
  },
};
