import { checkOptions } from '../../options.ts';
import { gradientOf } from '../../ops/emit.ts';
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
  forward: (emit, { inputs }) => inputs.reduce((input, other) => {
    const count = emit.widthOf(input);
    return emit.columns('concatenated', count + emit.widthOf(other), { input, count, other });
  }),
  backward(emit, delta, _output, { inputs }) {
    let from = 0;
    return inputs.map((input): ValueId | undefined => {
      const count = emit.widthOf(input), own = emit.wantsGradient(input) ? emit.columns(gradientOf(input), count, { input: delta, from, count }) : undefined;
      from += count;
      return own;
    });
  },
};
