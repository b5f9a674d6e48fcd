/** How a fit begins. What it is asked for is checked and worked out on a copy of the training's state. */

import { InputError } from '../errors.ts';
import { copyOf } from '../model/schedules/index.ts';
import { resumeCarried } from './carried.ts';
import type { Engine } from './engine.ts';
import { bestAsked, type FitOptions } from './fit-options.ts';
import { checkPlateaus } from './plateaus.ts';
import type { Resident } from './residents.ts';
import type { TrainingState } from './training-state.ts';
import { figuresOf } from './wanted.ts';

/** The state from which a fit goes on; the one given stays as it is. @throws InputError */
export async function begun(engine: Engine, from: TrainingState, options: FitOptions, { data: train, format: { format } }: Pick<Resident, 'data' | 'format'>, stepsPerEpoch: number): Promise<TrainingState> {
  checkPlateaus(engine.settings, options.validation !== undefined, figuresOf(engine.build, engine.wanted));
  if (from.batch > 0 && from.samples !== train.length) {
    throw new InputError(
      `Training stopped in the middle of an epoch over ${from.samples} samples; ${train.name} has ${train.length}. ` +
        'Go on with the same training set.',
    );
  }
  const state = copyOf(from);
  // What was done over another training set counts as it was.
  const after = (epoch: number): number => from.step - from.batch + (epoch - from.epoch) * stepsPerEpoch;
  const { horizon, epochs } = options;
  // Most trainings end where they said they would, choose nothing and never stopped.
  state.horizon = typeof horizon !== 'number' && (from.step === 0 || from.horizon === after(epochs))
    ? after(epochs) : (await import('./horizon.ts')).chooseHorizon(engine, from, options, train.length, after);
  // One that was said stays said while it is in force.
  state.isHorizonSaid = horizon !== undefined || (from.isHorizonSaid && state.horizon === from.horizon);
  state.samples = train.length;
  state.inputs = { format, scale: train.scale, offset: train.offset };
  if (train.classNames !== undefined) state.classNames = train.classNames;
  const asked = bestAsked(options);
  if (asked !== undefined || state.stopped.some((found) => found !== null)) (await import('./begin-choice.ts')).beginChoice(state, options, asked);
  // Whatever was in flight when an earlier fit failed did not count.
  resumeCarried(engine, state);
  engine.writeSkipped(state.skipped);
  engine.clearFlags();
  return state;
}
