/** All activations, by name, and what kernels are told of theirs. */

import activatedSource from '../../../shaders/lib/activated.wgsl';
import noActivation from '../../../shaders/lib/no-activation.wgsl';
import type { Constants } from '../kernel.ts';
import type { Activation } from './activation.ts';
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

export type { Activation } from './activation.ts';

export const ACTIVATIONS = { relu, leakyRelu, elu, selu, sigmoid, tanh, softplus, silu, gelu, geluTanh, hardSwish } as const satisfies Readonly<Record<string, Activation>>;

export type ActivationName = keyof typeof ACTIVATIONS;

export const activationNamed = (name: string): Activation => ACTIVATIONS[name as ActivationName];

/** The activation's library behind those that it calls, or the one that stands in its place. */
export function activationLibraries(name: string | undefined): readonly string[] {
  if (name === undefined) return [noActivation];
  const { source, libraries = [] } = activationNamed(name);
  return [...libraries, source];
}

/** Libraries of a kernel that activates. */
export const activateLibraries = (name: string | undefined): readonly string[] => [activatedSource, ...activationLibraries(name)];

export const activateConstants = (name: string | undefined): Constants => ({
  ACTIVATE: name !== undefined,
  KEEPS_ZERO: name === undefined || activationNamed(name).keepsZero,
});
