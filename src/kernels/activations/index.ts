/** All activations, by name, and what kernels are told of theirs. */

import activatedSource from '../../../shaders/lib/activated.wgsl';
import noActivation from '../../../shaders/lib/no-activation.wgsl';
import type { Constants } from '../kernel.ts';
import type { Activation } from './activation.ts';
import { relu } from './relu.ts';
import { sigmoid } from './sigmoid.ts';

export type { Activation } from './activation.ts';

export const ACTIVATIONS = { relu, sigmoid } as const satisfies Readonly<Record<string, Activation>>;

export type ActivationName = keyof typeof ACTIVATIONS;

export const activationNamed = (name: string): Activation => ACTIVATIONS[name as ActivationName];

/** The activation's library, or the one that stands in its place. */
export const activationLibrary = (name: string | undefined): string => (name === undefined ? noActivation : activationNamed(name).source);

/** Libraries of a kernel that activates. */
export const activateLibraries = (name: string | undefined): readonly string[] => [activatedSource, activationLibrary(name)];

export const activateConstants = (name: string | undefined): Constants => ({
  ACTIVATE: name !== undefined,
  KEEPS_ZERO: name === undefined || activationNamed(name).keepsZero,
});
