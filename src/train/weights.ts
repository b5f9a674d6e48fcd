/** Which weights a trainer can be asked for. */

import { InputError } from '../errors.ts';
import { textOf } from '../options.ts';
import type { Weights } from '../compile/graphs.ts';
import type { Engine } from './engine.ts';
import { hasBestWeights, type TrainingState } from './training-state.ts';

/** Weights that can be had: those that are trained, their running average, those of the best epoch. */
export type KeptWeights = Weights | 'best';

/** @throws InputError when there are no such weights */
export function checkWeights(weights: KeptWeights, { build }: Engine, state?: TrainingState): void {
  if (weights === 'current') return;
  if (weights === 'average') {
    if (build.rule.average) return;
    throw new InputError("weights: 'average' needs a trainer with averaging: pass averaging: ema() or swa(...) at creation.");
  }
  if (weights !== 'best' || state === undefined) {
    const wanted = ["'current'", "'average'", ...(state === undefined ? [] : ["'best'"])].join(' or ');
    throw new InputError(`weights must be ${wanted}, got ${textOf(weights)}.`);
  }
  if (hasBestWeights(state)) return;
  throw new InputError("weights: 'best' needs an epoch of a fit with keepBest or earlyStopping, and a validation set whose figure is finite.");
}
