/** Learning rate schedules in the words of the command line, counted in epochs. */
import { cosine, exponential, oneCycle, plateau, stepDecay, warmUp, type Schedule, type WarmUpSchedule } from '../model/schedules/index.ts';

/** Plain data, as `history.json` keeps it. */
export type ScheduleSettings =
  | { readonly kind: 'constant' | 'cosine' | 'one-cycle' }
  | { readonly kind: 'step'; readonly epochs: number; readonly factor: number }
  | { readonly kind: 'exponential'; readonly factor: number }
  | { readonly kind: 'plateau'; readonly patience: number; readonly factor: number };

export const SCHEDULE_HELP = "of the learning rate: constant; cosine, down to 0; step:<epochs>[,<factor>], times 0.1 or the factor every so many epochs; "
  + 'exponential:<factor>, times it each epoch; one-cycle, up to the learning rate and down; plateau[:<patience>[,<factor>]], '
  + 'times 0.1 or the factor when the validation loss has not improved for more than 10 or so many epochs';

const isFactor = (value: number): boolean => value > 0 && value < 1;
const isCount = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least;

/** `step:10,0.5` and its like; undefined when it is none. */
export function parseScheduleWords(text: string): ScheduleSettings | undefined {
  const [kind, given, ...rest] = text.split(':');
  const words = given === undefined ? [] : given.split(',');
  const numbers = words.map((word) => (word.trim() === '' ? NaN : Number(word)));
  if (rest.length > 0 || numbers.some(Number.isNaN)) return undefined;
  const [first, second, ...more] = numbers;
  if (more.length > 0) return undefined;
  if (kind === 'constant' || kind === 'cosine' || kind === 'one-cycle') return first === undefined ? { kind } : undefined;
  if (kind === 'exponential') return first !== undefined && isFactor(first) && second === undefined ? { kind, factor: first } : undefined;
  const factor = second ?? 0.1;
  if (!isFactor(factor)) return undefined;
  if (kind === 'step') return first !== undefined && isCount(first, 1) ? { kind, epochs: first, factor } : undefined;
  const patience = first ?? 10;
  return kind === 'plateau' && isCount(patience, 0) ? { kind, patience, factor } : undefined;
}

/** Whether its values depend on the number of epochs. */
export const countsToHorizon = ({ kind }: ScheduleSettings): boolean => kind === 'cosine' || kind === 'one-cycle';

function bareSchedule(learningRate: number, schedule: ScheduleSettings, stepsPerEpoch: number): WarmUpSchedule['inner'] {
  switch (schedule.kind) {
    case 'constant': return learningRate;
    case 'cosine': return cosine(learningRate);
    case 'one-cycle': return oneCycle(learningRate);
    case 'step': return stepDecay(learningRate, { factor: schedule.factor, every: schedule.epochs * stepsPerEpoch });
    case 'exponential': return exponential(learningRate, { factor: schedule.factor, every: stepsPerEpoch });
    case 'plateau': return plateau(learningRate, { factor: schedule.factor, patience: schedule.patience });
  }
}

/**
 * @param warmEpochs length of a warm-up from 0, which may be a part of an epoch; 0 for none
 * @param stepsPerEpoch updates of an epoch
 */
export function scheduleOf(learningRate: number, schedule: ScheduleSettings, warmEpochs: number, stepsPerEpoch: number): Schedule {
  const bare = bareSchedule(learningRate, schedule, stepsPerEpoch);
  return warmEpochs === 0 ? bare : warmUp(bare, { steps: Math.max(1, Math.round(warmEpochs * stepsPerEpoch)) });
}
