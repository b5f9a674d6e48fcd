/** What the command line says about optimizers: their values where nothing is said, and what each does not take. */
import { InputError } from '../errors.ts';
import { OPTIMIZER_NAMES, optimizerTypeOf, type OptimizerName, type OptimizerType } from '../model/optimizers/named.ts';

interface Given {
  readonly learningRate?: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
}

/** What was given, with defaults in the place of what was not. @throws InputError for what the optimizer has not */
export function optimizerDefaults(name: OptimizerName, { learningRate, momentum, weightDecay }: Given): Given & { learningRate: number; weightDecay: number } {
  const type = optimizerTypeOf(name);
  if (momentum !== undefined && type.momentum === undefined) {
    const those = OPTIMIZER_NAMES.filter((one) => optimizerTypeOf(one).momentum !== undefined).join(', ');
    throw new InputError(`--momentum belongs to the optimizers ${those}, not to ${name}.`);
  }
  if (weightDecay !== undefined && weightDecay > 0) checkDecay(name);
  return {
    learningRate: learningRate ?? type.learningRate,
    ...(type.momentum !== undefined && { momentum: momentum ?? type.momentum }),
    weightDecay: weightDecay ?? type.weightDecay ?? 0,
  };
}

/** @throws InputError for an optimizer without weight decay */
export function checkDecay(name: string): void {
  if (!optimizerTypeOf(name).hasOwnPenalties) return;
  throw new InputError(`${name} takes no --weight-decay: its own rule has an l2 penalty, the proximal one.`);
}

/** A default as help shows it: `0.05; 0.01 for adagrad; ...`, those without one left out. */
function defaultsText(valueOf: (type: OptimizerType) => number | undefined): string {
  const names = new Map<number, OptimizerName[]>();
  for (const name of OPTIMIZER_NAMES) {
    const value = valueOf(optimizerTypeOf(name));
    if (value !== undefined) names.set(value, [...(names.get(value) ?? []), name]);
  }
  return [...names].map(([value, own]) => `${value} for ${own.join(', ')}`).join('; ');
}

export const learningRates = (): string => defaultsText(({ learningRate }) => learningRate);
export const momentums = (): string => defaultsText(({ momentum }) => momentum);
export const weightDecays = (): string => `0; ${defaultsText(({ weightDecay }) => weightDecay)}`;
