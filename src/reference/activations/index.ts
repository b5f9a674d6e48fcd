/** All activations, by name. */
import { demandOneOf } from '../../options.ts';
import { requireKind } from '../check.ts';
import type { ActivationReference } from './activation.ts';
import { elu, eluOf } from './elu.ts';
import { gelu } from './gelu.ts';
import { geluTanh } from './geluTanh.ts';
import { hardSwish } from './hardSwish.ts';
import { leakyRelu, leakyReluOf } from './leakyRelu.ts';
import { prelu, preluOf } from './prelu.ts';
import { relu } from './relu.ts';
import { selu } from './selu.ts';
import { sigmoid } from './sigmoid.ts';
import { silu, siluOf } from './silu.ts';
import { softplus } from './softplus.ts';
import { tanh } from './tanh.ts';

export type { ActivationReference } from './activation.ts';

export const activations = { relu, leakyRelu, prelu, elu, selu, sigmoid, tanh, softplus, silu, gelu, geluTanh, hardSwish } as const satisfies Readonly<Record<string, ActivationReference>>;

/** 'none': what the product makes. */
export type Activation = 'none' | keyof typeof activations;

const identity: ActivationReference = { activate: (z) => z, slope: () => 1 };

/** Those with a number of their own: a leak, a slope, an alpha, a beta. */
const numbered: { readonly [Name in Activation]?: (number: number) => ActivationReference } = { leakyRelu: leakyReluOf, prelu: preluOf, elu: eluOf, silu: siluOf };

/**
 * An activation in float64.
 * @param number its own, for leakyRelu (slope, default 0.01), prelu (slope, default 0.25), elu (alpha, default 1) and silu (beta, default 1); others have none, and
 *   do not look at it
 * Throws InputError for another name.
 */
export function activationOf(name: Activation, number?: number): ActivationReference {
  demandOneOf('activation', name, ['none', ...Object.keys(activations)]);
  requireKind('activationOf', 'number', number, 'number?');
  if (name === 'none') return identity;
  return number === undefined ? activations[name] : (numbered[name]?.(number) ?? activations[name]);
}
