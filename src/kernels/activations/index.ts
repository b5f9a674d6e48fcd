/** Activations by name, as kernels and plans ask for them: those that are known, made by their makers or loaded. */

import activatedSource from '../../../shaders/lib/activated.wgsl';
import noActivation from '../../../shaders/lib/no-activation.wgsl';
import type { Constants } from '../kernel.ts';
import type { Activation } from './activation.ts';

export type { Activation } from './activation.ts';

/** Each in a file of its own, asked for where only its name is known: a page pays for those that it names. */
const LOADERS = {
  relu: async () => (await import('./relu.ts')).relu,
  leakyRelu: async () => (await import('./leakyRelu.ts')).leakyRelu,
  prelu: async () => (await import('./prelu.ts')).prelu,
  elu: async () => (await import('./elu.ts')).elu,
  selu: async () => (await import('./selu.ts')).selu,
  sigmoid: async () => (await import('./sigmoid.ts')).sigmoid,
  tanh: async () => (await import('./tanh.ts')).tanh,
  softplus: async () => (await import('./softplus.ts')).softplus,
  silu: async () => (await import('./silu.ts')).silu,
  gelu: async () => (await import('./gelu.ts')).gelu,
  geluTanh: async () => (await import('./geluTanh.ts')).geluTanh,
  hardSwish: async () => (await import('./hardSwish.ts')).hardSwish,
} as const satisfies Readonly<Record<string, () => Promise<Activation>>>;

export type ActivationName = keyof typeof LOADERS;

export const ACTIVATION_NAMES = Object.keys(LOADERS) as ActivationName[];

const known = new Map<string, Activation>();

/** From here on it is found by its name. */
export const know = (activation: Activation): void => void known.set(activation.name, activation);

/** Loads the activations among these names that are not known. */
export async function loadActivations(names: readonly unknown[]): Promise<void> {
  const missing = ACTIVATION_NAMES.filter((name) => names.includes(name) && !known.has(name));
  await Promise.all(missing.map(async (name) => know(await LOADERS[name]())));
}

/** One that is known. */
export const activationNamed = (name: string): Activation => known.get(name)!;

/** The activation's library behind those that it calls, or the one that stands in its place. */
export function activationLibraries(name: string | undefined): readonly string[] {
  if (name === undefined) return [noActivation];
  const { source, libraries = [] } = activationNamed(name);
  return [...libraries, source];
}

/** Libraries of a kernel that activates. */
export const activateLibraries = (name: string | undefined): readonly string[] =>
  [(name === undefined ? undefined : activationNamed(name).activated) ?? activatedSource, ...activationLibraries(name)];

/** @param entry in the row's `layers`, where it has a number */
export const activateConstants = (name: string | undefined, entry: number | undefined): Constants => ({
  ACTIVATE: name !== undefined,
  // A library of slopes keeps 0 by itself.
  ...((name === undefined || activationNamed(name).activated === undefined) && { KEEPS_ZERO: name === undefined || activationNamed(name).keepsZero }),
  ...(entry !== undefined && { ACTIVATION_LAYER: entry }),
});
