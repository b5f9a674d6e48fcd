import type { FusionRule } from './rule.ts';
import { mergeMaps, refusal } from './merge.ts';

/** Forward maps. */
export const epilogue: FusionRule = {
  name: 'epilogue',
  apply(graph) {
    return mergeMaps(graph, 'epilogue', 'forward', (producer, map) => {
      const steps = [...producer.steps, ...map.steps];
      return refusal(producer, steps) || steps;
    });
  },
};
