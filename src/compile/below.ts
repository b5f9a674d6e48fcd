/** What the steps of an operation say to its kernel. */

import type { Below } from '../kernels/below.ts';
import type { Dropout } from '../kernels/dropout.ts';
import type { Step, ValueId } from '../ops/op.ts';

export const stepOf = <Name extends Step['step']>(steps: readonly Step[], name: Name): Extract<Step, { step: Name }> | undefined =>
  steps.find((step): step is Extract<Step, { step: Name }> => step.step === name);

export const dropoutOf = (steps: readonly Step[]): Dropout | undefined => stepOf(steps, 'dropout')?.dropout;

/** What lies below the input of a product, as the steps behind its gradient say. */
export function belowOf(steps: readonly Step[]): Below {
  const slope = stepOf(steps, 'slope'), dropout = dropoutOf(steps);
  return {
    activation: slope?.activation,
    entry: slope?.entry,
    draws: dropout !== undefined,
    dropout: dropout ?? slope?.after,
    unscales: dropout !== undefined && slope?.after !== undefined,
    activity: stepOf(steps, 'activity')?.tensor,
  };
}

/** What the steps read as stored; the product's own input where they read nothing. */
export const storedOf = (steps: readonly Step[], otherwise: ValueId): ValueId =>
  stepOf(steps, 'slope')?.stored ?? stepOf(steps, 'activity')?.stored ?? otherwise;
