/**
 * Hyperparameters that change with the training step: see `makers.ts` for the kinds and their formulas.
 * Plain data but for `custom`, so that checkpoints can hold them.
 */

export { textOf } from '../../options.ts';
export { checkF32, isSchedule } from './check.ts';
export { copyOf, serialise, type SavedFunction } from './functions.ts';
export { cosine, custom, exponential, oneCycle, plateau, polynomial, stepDecay, warmUp } from './makers.ts';
export { isPlateauState, nextPlateau, plateausIn, START_PLATEAU, type PlateauState } from './plateau.ts';
export type {
  CosineSchedule, ExponentialSchedule, FunctionSchedule, OneCycleSchedule, PlateauSchedule, PolynomialSchedule, Schedule,
  ScheduleFunction, StepDecaySchedule, WarmUpSchedule,
} from './types.ts';
export { withFunctions } from './saved-functions.ts';
export { probeOf, rangeOf, valueAt, type Bound } from './value.ts';
