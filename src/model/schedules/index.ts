/**
 * Hyperparameters that change with the training step: see `makers.ts` for the kinds and their formulas.
 * Plain data but for `custom`, so that checkpoints can hold them.
 */

export { isSchedule, textOf } from './check.ts';
export { serialise, withFunctions, type SavedFunction } from './functions.ts';
export { cosine, custom, exponential, oneCycle, plateau, polynomial, stepDecay, warmUp } from './makers.ts';
export { isPlateauState, nextPlateau, plateausIn, START_PLATEAU, type PlateauState } from './plateau.ts';
export type {
  CosineSchedule, ExponentialSchedule, FunctionSchedule, OneCycleSchedule, PlateauSchedule, PolynomialSchedule, Schedule,
  ScheduleFunction, StepDecaySchedule, WarmUpSchedule,
} from './types.ts';
export { probeOf, rangeOf, valueAt } from './value.ts';
