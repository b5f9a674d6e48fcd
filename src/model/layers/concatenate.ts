import { checkOptions } from '../../options.ts';
import type { ValueId } from '../../ops/op.ts';
import type { LayerType } from './layer.ts';

export interface Concatenate {
  readonly type: 'concatenate';
}

export const concatenateLayer: LayerType<Concatenate> = {
  type: 'concatenate',
  maker: 'concatenate()',
  joins: 'any',
  check: (settings) => void checkOptions('concatenate', settings, ['type']),
  shape: (inputs) => [inputs.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0)],
  title: () => 'concatenate',
  forward: (emit, { inputs }) => inputs.reduce((joined, input) => emit.concatenate(joined, input)),
  backward(emit, delta, _output, { inputs }) {
    let from = 0;
    return inputs.map((input): ValueId | undefined => {
      const own = emit.wantsGradient(input) ? emit.concatenateGradient(delta, from, input) : undefined;
      from += emit.widthOf(input);
      return own;
    });
  },
};
