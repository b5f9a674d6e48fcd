import type { Activation } from './activations/index.ts';
import { requireFields, requireLength } from './check.ts';
import { activationsOf } from './dense-forward.ts';
import { slopes as slopesOf, type LayerBelow } from './dense-input-gradient.ts';
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
  /** Of prelu, which learns them: one for all columns, or one for each of `width`. Default its own number for all. */
  readonly slopes?: ArrayLike<number> | undefined;
  /** Columns; needed with a slope for each. Default 1. */
  readonly width?: number | undefined;
  /** What a gradient takes on its way down. A forward dropout is one below no activation. Default nothing. */
  readonly below?: LayerBelow | undefined;
}

/**
 * One pass over a value: (activation(input + other) + penalty gradient) * slope of what lies below.
 * Throws InputError when an array has the wrong length.
 */
export function map(options: MapOptions): Float64Array {
  const { input, other, activation = 'none', activationNumber, slopes, width = 1, below = { activation: 'none' } } =
    requireFields('map', options, { input: 'values', other: 'values?', activation: 'text?', activationNumber: 'number?', slopes: 'values?', width: 'size?', below: 'object?' });
  const { length } = input;
  if (other !== undefined) requireLength('map', 'other', other, length);
  const activate = activationsOf(activation, activationNumber, slopes, width), slope = slopesOf(length, below);
  return mapped(input, (x, i) => {
    const value = activate[i % activate.length]!(x + (other?.[i] ?? 0)) + (below.penaltyGradient?.[i] ?? 0);
    return slope[i] === 0 ? 0 : value * slope[i]!;
  });
}
