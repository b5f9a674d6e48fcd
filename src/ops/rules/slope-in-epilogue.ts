import type { MapOp, OpGraph, Step } from '../op.ts';
import { mergeMaps, refusal, type Producer } from './merge.ts';
import type { Facts, FusionRule } from './rule.ts';

type Slope = Step & { readonly step: 'slope' };
type Drop = Step & { readonly step: 'dropout' };

/**
 * Backward maps. A slope behind a dropout reads what the dropout stored, so that forward need not store both: with an
 * activation whose zeros are its mask (ReLU) that is exact and no mask is drawn again; with others the mask is drawn
 * again and the scale undone, which rounds once.
 */
export const slopeInEpilogue: FusionRule = {
  name: 'slope-in-epilogue',
  apply(graph, facts) {
    return mergeMaps(graph, 'slope-in-epilogue', 'backward', (producer, map, now) => joined(producer, map, now, facts));
  },
};

function joined(producer: Producer, map: MapOp, graph: OpGraph, facts: Facts): readonly Step[] | string {
  const drop = producer.steps.at(-1), [slope] = map.steps;
  const behind = drop?.step === 'dropout' && slope?.step === 'slope' ? behindDropout(drop, slope, graph) : undefined;
  const steps = behind === undefined
    ? [...producer.steps, ...map.steps]
    : [...(facts.activation(behind.activation).keepsMask ? producer.steps.slice(0, -1) : producer.steps), behind, ...map.steps.slice(1)];
  return refusal(producer, steps) || steps;
}

/** The slope at what the dropout made of the activation; undefined where no dropout of it was stored. */
function behindDropout({ dropout }: Drop, slope: Slope, { ops }: OpGraph): Slope | undefined {
  const made = ops.find((op) => op.op === 'map' && op.input === slope.stored && op.steps.length === 1 &&
    op.steps[0]!.step === 'dropout' && op.steps[0]!.dropout.stream === dropout.stream);
  return made === undefined ? undefined : { ...slope, stored: (made as MapOp).output, after: dropout };
}
