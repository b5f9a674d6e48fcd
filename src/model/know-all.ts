/** Brings everything that is named at once, for what lists it or cannot wait. A page loads what it names. */

import { knowAll as knowActivations } from '../kernels/activations/all.ts';
import { knowSoft } from '../kernels/losses/cross-entropy.ts';
import { softLibraries } from '../kernels/losses/soft-cross-entropy.ts';
import { knowAllInits } from './inits/all.ts';
import { knowAllLayers } from './layers/all.ts';
import { LOSS_TYPES } from './losses/all.ts';
import { know, type Loss, type LossType } from './losses/index.ts';

export function knowAll(): void {
  knowActivations();
  knowAllInits();
  knowAllLayers();
  knowSoft(softLibraries);
  for (const loss of Object.values(LOSS_TYPES) as readonly unknown[]) know(loss as LossType<Loss>);
}
