import { activationOf, type Activation } from './activations/index.ts';
import { requireFields, requireLength } from './check.ts';
import { slopes, type LayerBelow } from './dense-input-gradient.ts';
import { mapped } from './mapped.ts';

export interface MapOptions {
  /** [batch, width], as are all others. */
  readonly input: ArrayLike<number>;
  /** Added to it. */
  readonly other?: ArrayLike<number> | undefined;
  /** Of the sum. Default 'none'. */
  readonly activation?: Activation | undefined;
  /** The activation's own number, as `activationOf` takes it. */
  readonly activationNumber?: number | undefined;
  /** What a gradient takes on its way down. A forward dropout is one below no activation. Default nothing. */
  readonly below?: LayerBelow | undefined;
}

/**
 * One pass over a value: (activation(input + other) + penalty gradient) * slope of what lies below.
 * Throws InputError when an array has the wrong length.
 */
export function map(options: MapOptions): Float64Array {
  const { input, other, activation = 'none', activationNumber, below = { activation: 'none' } } =
    requireFields('map', options, { input: 'values', other: 'values?', activation: 'text?', activationNumber: 'number?', below: 'object?' });
  const { length } = input;
  if (other !== undefined) requireLength('map', 'other', other, length);
  const { activate } = activationOf(activation, activationNumber), slope = slopes(length, below);
  return mapped(input, (x, i) => {
    const value = activate(x + (other?.[i] ?? 0)) + (below.penaltyGradient?.[i] ?? 0);
    return slope[i] === 0 ? 0 : value * slope[i]!;
  });
}
