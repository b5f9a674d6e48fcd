import { readOfStep, type HeadOp, type LossOp, type OpGraph, type ProductOp } from '../op.ts';
import { readings, type Facts, type FusionRule } from './rule.ts';

/** The product that makes the logits, their loss, and the gradient of the product's input. */
export const fusedHead: FusionRule = {
  name: 'fused-head',
  apply(graph, facts) {
    const loss = graph.ops.find((op) => op.op === 'loss');
    if (loss === undefined) return { graph, notes: [] };
    const product = graph.ops.find((op): op is ProductOp => op.op === 'product' && op.output === loss.input);
    const why = refusal(graph, loss, product, facts);
    if (why !== '') return { graph, notes: [{ rule: 'fused-head', fired: false, on: loss.label, why }] };
    const back = graph.ops.find((op): op is ProductOp => op.op === 'product' && op.kind === 'inputGradient' && op.input === loss.output &&
      // The head has its own input at hand, and nothing else that was stored.
      op.steps.flatMap(readOfStep).every((value) => value === product!.input));
    const ops = graph.ops.flatMap((op) => (op === product || op === back ? [] : op === loss ? [headOf(product!, loss, back)] : [op]));
    const on = [product, loss, back].flatMap((op) => op?.label ?? []).join(', ');
    return { graph: { ...graph, ops }, notes: [{ rule: 'fused-head', fired: true, on }] };
  },
};

function refusal(graph: OpGraph, loss: LossOp, product: ProductOp | undefined, { headOutputs: largest }: Facts): string {
  if (largest === 0) return `${loss.loss} has no fused head`;
  if (product === undefined) return 'no product makes what the loss takes';
  if (product.transposed) return 'its product takes the weight transposed';
  if (product.steps.length > 0) return `its product ends in '${product.steps[0]!.step}'`;
  const reads = readings(graph);
  if (!reads.has(loss.output)) return 'nothing reads its gradient';
  if (reads.get(loss.input)! > 1) return `${loss.input} is read by others too`;
  const outputs = graph.widths[loss.input]!;
  return outputs > largest ? `${outputs} outputs are more than the ${largest} it is for` : '';
}

const headOf = ({ input, weight, bias, label }: ProductOp, loss: LossOp, back: ProductOp | undefined): HeadOp => ({
  op: 'head', label: `${label}, loss, gradients`, input, weight, bias: bias!, loss: loss.loss, output: loss.output,
  ...(back !== undefined && { inputGradient: { output: back.output, steps: back.steps } }),
});
