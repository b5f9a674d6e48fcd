/** Strengths of penalties at a time of the training. */

import type { Clock } from '../compile/rows.ts';
import type { Penalty } from '../model/hyperparameters.ts';
import type { RegularizerType } from '../model/regularizers.ts';
import { valueAt } from '../model/schedules/index.ts';
import type { Engine } from './engine.ts';

/** Strengths of one tensor's penalties, by type. */
export const strengths = ({ settings }: Engine, replica: number, tensor: number, { step, steps, reductions }: Clock) =>
  (type: RegularizerType): number =>
    valueAt((settings[replica]!.tensors[tensor]!.penalties[type] as Penalty).strength, step, steps, reductions);
