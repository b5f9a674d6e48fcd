/** All activations, by name. */
import { demandOneOf } from '../../options.ts';
import type { ActivationReference } from './activation.ts';
import { relu } from './relu.ts';
import { sigmoid } from './sigmoid.ts';

export type { ActivationReference } from './activation.ts';

export const activations = { relu, sigmoid } as const satisfies Readonly<Record<string, ActivationReference>>;

/** 'none': what the product makes. */
export type Activation = 'none' | keyof typeof activations;

const identity: ActivationReference = { activate: (z) => z, slope: () => 1 };

/** Throws InputError for another name. */
export function activationOf(name: Activation): ActivationReference {
  demandOneOf('activation', name, ['none', ...Object.keys(activations)]);
  return name === 'none' ? identity : activations[name];
}
