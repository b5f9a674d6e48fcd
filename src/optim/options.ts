/** What `createOptim` is told, and the checks of everything that needs no GPU. */

import { InputError } from '../errors.ts';
import { checkOptions, textOf } from '../options.ts';
import { checkAveraging, type Averaging } from '../model/averaging.ts';
import { checkOptimizer, type Optimizer } from '../model/optimizers/index.ts';
import { RULES } from '../model/rules/all.ts';
import { know } from '../model/rules/index.ts';
import { plateausIn, type Schedule } from '../model/schedules/index.ts';

/** A range of one of the caller's buffers. */
export interface GradientView {
  readonly buffer: GPUBuffer;
  /** Floats into the buffer, a whole number; default 0. */
  readonly offset?: number;
}

/** A parameter tensor in the caller's own buffers: `length` f32 numbers each of weights and gradient. */
export interface ParameterView {
  /** For messages and files; default 'parameters.N'. */
  readonly name?: string;
  /** Holds the weights; usage STORAGE, and COPY_SRC where their first values are needed (ftrl, averaging). */
  readonly buffer: GPUBuffer;
  /** Floats into the buffer, a whole number; default 0. No alignment is needed. */
  readonly offset?: number;
  /** Floats, 1 or more. */
  readonly length: number;
  /** Where the caller's program leaves d loss / d weights before each update: another buffer, usage STORAGE. */
  readonly gradient: GradientView;
  /** [inputs, outputs] of a layer's weight, whose product is `length`: for rules on the norms of units. */
  readonly shape?: readonly [inputs: number, outputs: number];
  /** How that weight lies: 'in-out' (default) is [inputs][outputs] row-major, 'out-in' is PyTorch's [outputs][inputs]. */
  readonly layout?: 'in-out' | 'out-in';
  /** 'bias': no weight decay, no trust ratio, and penalties only with `biases: true`. Default 'weight'. */
  readonly kind?: 'weight' | 'bias';
  /** One of the keys of `groups`; default 'default'. */
  readonly group?: string;
}

interface CommonOptions {
  readonly parameters: readonly ParameterView[];
  /** Running average of the weights, one f32 per parameter: `ema(...)` or `swa(...)`. */
  readonly averaging?: Averaging;
  /**
   * 'flag' (default) updates all the same and leaves a mark for `flags()`. 'skip' leaves out an update in which any
   * gradient is not finite, decided on the GPU.
   */
  readonly onNonFinite?: 'flag' | 'skip';
  /** Updates that may be encoded before the first of them is submitted. Default 64. */
  readonly stepsInFlight?: number;
  /** Updates of the whole training, for schedules that end with it. One more is refused unless its values are given to `encode`. */
  readonly horizon?: number;
}

/** Either one optimizer for all parameters or one per group; the groups' values and penalties may differ, not their rule. */
export type OptimOptions = CommonOptions & (
  | { readonly optimizer: Optimizer; readonly groups?: undefined }
  | { readonly groups: Readonly<Record<string, Optimizer>>; readonly optimizer?: undefined }
);

/** Updates in flight unless the caller says otherwise. */
const DEFAULT_STEPS = 64;

export const DEFAULT_GROUP = 'default';

export type Groups = ReadonlyMap<string, Optimizer>;

/** What the checks make of the options, but for the views. */
export interface Settings {
  readonly groups: Groups;
  readonly averaging: Averaging | undefined;
  readonly skip: boolean;
  readonly stepsInFlight: number;
  readonly horizon: number | undefined;
  /** What follows a schedule that ends with it, by name. */
  readonly ending: readonly string[];
}

function groupsOf({ optimizer, groups }: Pick<OptimOptions, 'optimizer' | 'groups'>): Groups {
  if ((optimizer === undefined) === (groups === undefined)) {
    throw new InputError('createOptim: give either optimizer, for all parameters, or groups, such as { weights: adam(...), biases: adam(...) }.');
  }
  const found = new Map(Object.entries<Optimizer>(groups ?? { [DEFAULT_GROUP]: optimizer! }));
  const [first] = found;
  if (first === undefined) throw new InputError('createOptim: groups must have at least one optimizer.');
  for (const [name, one] of found) {
    checkOptimizer(one);
    if (one.rule !== first[1].rule) {
      throw new InputError(
        `createOptim: group ${first[0]} has the rule ${first[1].rule} and group ${name} has ${one.rule}. Groups differ in values and ` +
          'penalties; for another rule (sgd with momentum 0 and with momentum are two) make a second optim.',
      );
    }
    if (textOf(one.clip) !== textOf(first[1].clip)) {
      throw new InputError(`createOptim: clip is one for all groups; group ${first[0]} has ${textOf(first[1].clip)}, group ${name} has ${textOf(one.clip)}.`);
    }
    for (const { type } of one.regularizers) {
      if (type === 'activityL1' || type === 'activityL2' || type === 'orthogonal') {
        throw new InputError(`createOptim: ${type} needs ${type === 'orthogonal' ? 'matrix products' : 'the activations'}, which an update of ` +
          'parameters alone does not have. Add its gradient to yours.');
      }
    }
  }
  return found;
}

/** Whether a schedule's values depend on the length of the training. */
function hasHorizon(schedule: Schedule): boolean {
  if (typeof schedule === 'number') return false;
  switch (schedule.schedule) {
    case 'cosine': return schedule.restarts === undefined;
    case 'polynomial': return schedule.steps === undefined;
    case 'oneCycle':
    case 'function': return true;
    case 'warmUp': return hasHorizon(schedule.inner);
    default: return false;
  }
}

const schedulesOf = ({ hyperparameters, regularizers, clip }: Optimizer): [string, Schedule][] => [
  ...Object.entries(hyperparameters),
  ...regularizers.map(({ type, strength }): [string, Schedule] => [type, strength]),
  ...(clip === undefined ? [] : [['clip', clip.threshold] as [string, Schedule]]),
];

/** Names of what follows a schedule that ends with the training. */
function checkSchedules(groups: Groups, horizon: number | undefined): string[] {
  const all = [...groups.values()].flatMap(schedulesOf);
  for (const [name, schedule] of all) {
    if (plateausIn(schedule).length > 0) {
      throw new InputError(`createOptim: ${name} is a plateau schedule, which needs results of a validation. Give its value to each encode instead.`);
    }
    if (horizon === undefined && hasHorizon(schedule)) {
      throw new InputError(`createOptim: ${name} follows a schedule over the whole training. Give horizon, its number of updates.`);
    }
  }
  return all.filter(([, schedule]) => hasHorizon(schedule)).map(([name]) => name);
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1;

/** @throws InputError naming the option */
export function checkOptim(options: OptimOptions): Settings {
  const { averaging, onNonFinite = 'flag', stepsInFlight = DEFAULT_STEPS, horizon } = checkOptions<OptimOptions>('createOptim', options, [
    'parameters', 'optimizer', 'groups', 'averaging', 'onNonFinite', 'stepsInFlight', 'horizon',
  ] as (keyof OptimOptions)[]);
  RULES.forEach(know); // An optimizer is plain data: a program may name any.
  const groups = groupsOf(options);
  if (averaging !== undefined) checkAveraging(averaging);
  if (onNonFinite !== 'flag' && onNonFinite !== 'skip') {
    throw new InputError(`createOptim: onNonFinite must be 'flag' or 'skip', got ${textOf(onNonFinite)}.`);
  }
  if (!isCount(stepsInFlight)) throw new InputError(`createOptim: stepsInFlight must be a whole number of 1 or more, got ${textOf(stepsInFlight)}.`);
  if (horizon !== undefined && !isCount(horizon)) {
    throw new InputError(`createOptim: horizon must be a whole number of updates, 1 or more, got ${textOf(horizon)}.`);
  }
  const ending = checkSchedules(groups, horizon);
  return { groups, averaging, skip: onNonFinite === 'skip', stepsInFlight, horizon, ending };
}
