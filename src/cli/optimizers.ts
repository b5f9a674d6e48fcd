/** Optimizers by their names on the command line, with the values they get where nothing is said. */
import { InputError } from '../errors.ts';
import {
  adadelta, adagrad, adam, adamax, adamw, amsgrad, ftrl, lamb, lars, lion, nadam, rmsprop, sgd, type CommonOptions, type Optimizer,
} from '../model/optimizers/index.ts';
import type { Schedule } from '../model/schedules/index.ts';

interface Values extends CommonOptions {
  readonly learningRate: Schedule;
  readonly momentum: number;
}

interface Entry {
  /** Defaults; without one of momentum there is none to set. */
  readonly learningRate: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly make: (values: Values) => Optimizer;
}

/** The learning rates suit the default network; rmsprop's and those of optimizers without a default of their own are ours. */
const ENTRIES = {
  sgd: { learningRate: 0.05, make: ({ momentum: _, ...common }) => sgd(common) },
  momentum: { learningRate: 0.05, momentum: 0.9, make: sgd },
  nesterov: { learningRate: 0.05, momentum: 0.9, make: (values) => sgd({ ...values, nesterov: true }) },
  adagrad: { learningRate: 0.01, make: adagrad },
  rmsprop: { learningRate: 0.001, momentum: 0, make: rmsprop },
  adadelta: { learningRate: 1, make: adadelta },
  adam: { learningRate: 0.001, make: adam },
  adamw: { learningRate: 0.001, weightDecay: 0.01, make: adamw },
  amsgrad: { learningRate: 0.001, make: amsgrad },
  adamax: { learningRate: 0.002, make: adamax },
  nadam: { learningRate: 0.002, make: nadam },
  lion: { learningRate: 1e-4, make: lion },
  lamb: { learningRate: 0.001, make: lamb },
  lars: { learningRate: 1, momentum: 0.9, make: lars },
  ftrl: { learningRate: 0.05, make: withoutDecay },
} satisfies Record<string, Entry>;

export type OptimizerName = keyof typeof ENTRIES;

export const OPTIMIZERS = Object.keys(ENTRIES) as readonly OptimizerName[];

const entryOf = (name: OptimizerName): Entry => ENTRIES[name];

function withoutDecay({ weightDecay, momentum: _, ...values }: Values): Optimizer {
  if (weightDecay !== 0) throw new InputError('ftrl takes no --weight-decay: its own rule has an l2 penalty, --l2 with --l2-rule proximal.');
  return ftrl(values);
}

/** What was given, with defaults in the place of what was not. @throws InputError for a momentum the optimizer has not */
export function optimizerDefaults(
  name: OptimizerName, { learningRate, momentum, weightDecay }: { learningRate?: number; momentum?: number; weightDecay?: number },
): { learningRate: number; momentum?: number; weightDecay: number } {
  const entry = entryOf(name);
  if (momentum !== undefined && entry.momentum === undefined) {
    const those = OPTIMIZERS.filter((one) => entryOf(one).momentum !== undefined).join(', ');
    throw new InputError(`--momentum belongs to the optimizers ${those}, not to ${name}.`);
  }
  return {
    learningRate: learningRate ?? entry.learningRate,
    ...(entry.momentum !== undefined && { momentum: momentum ?? entry.momentum }),
    weightDecay: weightDecay ?? entry.weightDecay ?? 0,
  };
}

/** @throws InputError naming the value */
export const makeOptimizer = (name: OptimizerName, values: Values): Optimizer => entryOf(name).make(values);

/** `0.05; 0.01 for adagrad; ...`: the defaults as the help shows them. */
export function learningRates(): string {
  const [first] = OPTIMIZERS;
  const usual = entryOf(first!).learningRate;
  const others = new Map<number, OptimizerName[]>();
  for (const name of OPTIMIZERS) {
    const { learningRate } = entryOf(name);
    if (learningRate !== usual) others.set(learningRate, [...(others.get(learningRate) ?? []), name]);
  }
  return [String(usual), ...[...others].map(([rate, names]) => `${rate} for ${names.join(', ')}`)].join('; ');
}
