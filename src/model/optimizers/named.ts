/**
 * All optimizers, by name: those of the rules, and AdamW. What the command line, the benchmark and the documentation read.
 * A page takes the maker that it uses, and loads nothing of this.
 */

import { InputError } from '../../errors.ts';
import type { RuleName } from '../../kernels/rule.ts';
import type { Schedule } from '../schedules/index.ts';
import {
  adadelta, adagrad, adam, adamax, adamw, amsgrad, ftrl, lamb, lars, lion, nadam, rmsprop, sgd, type CommonOptions, type Optimizer,
} from './index.ts';

/** What every one may be given. */
export interface NamedOptions extends CommonOptions {
  readonly learningRate?: Schedule;
  /** Only of those that have one. */
  readonly momentum?: Schedule;
}

type Values = NamedOptions & { readonly learningRate: Schedule };

export interface OptimizerType {
  /** The public function that makes it. */
  readonly maker: string;
  /** What it gets where nothing is said. The learning rates suit networks such as 784-1000-500-10. */
  readonly learningRate: number;
  /** Absent: it has none to set. */
  readonly momentum?: number;
  /** Absent: 0. */
  readonly weightDecay?: number;
  /** Its penalties are part of its rule, which knows no weight decay. */
  readonly hasOwnPenalties?: true;
  make(values: Values): Optimizer;
}

const plainSgd = ({ momentum: _, ...common }: Values): Optimizer => sgd(common);
const withoutDecay = ({ weightDecay: _, ...values }: Values): Optimizer => ftrl(values);

/** Where a maker has a default of its own it is this one, but for rmsprop's, which is ten times what such networks bear. */
export const OPTIMIZER_TYPES = {
  sgd: { maker: 'sgd', learningRate: 0.05, make: plainSgd },
  momentum: { maker: 'sgd', learningRate: 0.05, momentum: 0.9, make: sgd },
  nesterov: { maker: 'sgd', learningRate: 0.05, momentum: 0.9, make: (values) => sgd({ ...values, nesterov: true }) },
  adagrad: { maker: 'adagrad', learningRate: 0.01, make: adagrad },
  rmsprop: { maker: 'rmsprop', learningRate: 0.001, momentum: 0, make: rmsprop },
  rmspropCentered: { maker: 'rmsprop', learningRate: 0.001, momentum: 0, make: (values) => rmsprop({ ...values, centered: true }) },
  rmspropMomentum: { maker: 'rmsprop', learningRate: 0.001, momentum: 0.9, make: rmsprop },
  rmspropCenteredMomentum: { maker: 'rmsprop', learningRate: 0.001, momentum: 0.9, make: (values) => rmsprop({ ...values, centered: true }) },
  adadelta: { maker: 'adadelta', learningRate: 1, make: adadelta },
  adam: { maker: 'adam', learningRate: 0.001, make: adam },
  adamw: { maker: 'adamw', learningRate: 0.001, weightDecay: 0.01, make: adamw },
  amsgrad: { maker: 'amsgrad', learningRate: 0.001, make: amsgrad },
  adamax: { maker: 'adamax', learningRate: 0.002, make: adamax },
  nadam: { maker: 'nadam', learningRate: 0.002, make: nadam },
  lion: { maker: 'lion', learningRate: 1e-4, make: lion },
  lamb: { maker: 'lamb', learningRate: 0.001, make: lamb },
  // A tensor's step is this times 1e-3 of its norm.
  lars: { maker: 'lars', learningRate: 1, momentum: 0.9, make: lars },
  ftrl: { maker: 'ftrl', learningRate: 0.05, hasOwnPenalties: true, make: withoutDecay },
} satisfies Readonly<Record<RuleName | 'adamw', OptimizerType>>;

export type OptimizerName = keyof typeof OPTIMIZER_TYPES;

export const OPTIMIZER_NAMES = Object.keys(OPTIMIZER_TYPES) as readonly OptimizerName[];

/** @throws InputError naming those that there are */
export function optimizerTypeOf(name: string): OptimizerType {
  if (Object.hasOwn(OPTIMIZER_TYPES, name)) return OPTIMIZER_TYPES[name as OptimizerName];
  throw new InputError(`There is no optimizer ${JSON.stringify(name)}. There are ${OPTIMIZER_NAMES.join(', ')}.`);
}

/** An optimizer by its name, with defaults in the place of what is not given. @throws InputError naming the value */
export function namedOptimizer(name: string, options: NamedOptions = {}): Optimizer {
  const { make, learningRate, momentum, weightDecay = 0 } = optimizerTypeOf(name);
  return make({ learningRate, weightDecay, ...options, ...(momentum !== undefined && { momentum: options.momentum ?? momentum }) });
}
