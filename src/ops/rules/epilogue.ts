import type { FusionRule } from './rule.ts';
import { mergeMaps, refusal } from './merge.ts';

/** Forward maps, which stand before the loss, or in a graph without one. */
export const epilogue: FusionRule = {
  name: 'epilogue',
  meaning: 'Activation, dropout and sums of branches happen where their input is made, in registers.',
  makes: ['product', 'input', 'map'],
  apply(graph) {
    const end = graph.ops.findIndex(({ op }) => op === 'loss' || op === 'prediction');
    return mergeMaps(graph, 'epilogue', (_, at) => at < end, (producer, map) => {
      const steps = [...producer.steps, ...map.steps];
      return refusal(producer, steps) || steps;
    });
  },
};
