import { checkOptions } from '../../options.ts';
import type { LayerType } from './layer.ts';

export interface Softmax {
  readonly type: 'softmax';
}

export const softmaxLayer: LayerType<Softmax> = {
  type: 'softmax',
  maker: 'softmax()',
  isOutput: true,
  check: (settings) => void checkOptions('softmax', settings, ['type']),
  shape: ([input]) => input!,
  title: () => 'softmax',
  // Its loss makes it: see `declares` of losses.
  forward: (_, { inputs }) => inputs[0]!,
  backward: (_, delta) => [delta],
};
