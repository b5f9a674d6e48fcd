/** All activations, by name. */

import type { Activation } from './activation.ts';
import { relu } from './relu.ts';

export type { Activation } from './activation.ts';

export const ACTIVATIONS = { relu } as const satisfies Readonly<Record<string, Activation>>;

export type ActivationName = keyof typeof ACTIVATIONS;

export const activationNamed = (name: string): Activation => ACTIVATIONS[name as ActivationName];
