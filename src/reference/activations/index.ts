/** All activations, by name. */
import { demandOneOf } from '../../options.ts';
import type { ActivationReference } from './activation.ts';
import { elu } from './elu.ts';
import { gelu } from './gelu.ts';
import { geluTanh } from './geluTanh.ts';
import { hardSwish } from './hardSwish.ts';
import { leakyRelu } from './leakyRelu.ts';
import { relu } from './relu.ts';
import { selu } from './selu.ts';
import { sigmoid } from './sigmoid.ts';
import { silu } from './silu.ts';
import { softplus } from './softplus.ts';
import { tanh } from './tanh.ts';

export type { ActivationReference } from './activation.ts';

export const activations = { relu, leakyRelu, elu, selu, sigmoid, tanh, softplus, silu, gelu, geluTanh, hardSwish } as const satisfies Readonly<Record<string, ActivationReference>>;

/** 'none': what the product makes. */
export type Activation = 'none' | keyof typeof activations;

const identity: ActivationReference = { activate: (z) => z, slope: () => 1 };

/** Throws InputError for another name. */
export function activationOf(name: Activation): ActivationReference {
  demandOneOf('activation', name, ['none', ...Object.keys(activations)]);
  return name === 'none' ? identity : activations[name];
}
