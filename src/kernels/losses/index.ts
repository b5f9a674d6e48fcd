/** Losses by type, as kernels ask for their libraries: those that are known, made by their makers or loaded. */

import type { LossLibraries, LossShape } from './loss.ts';

export { CLASS_TARGET, lossConstants, type LossLibraries, type LossShape, type TargetShape } from './loss.ts';

const known = new Map<string, LossLibraries>();

/** From here on it is found by its type. */
export const knowLoss = (loss: LossLibraries): void => void known.set(loss.type, loss);

export const lossLibraries = (loss: LossShape): readonly string[] => known.get(loss.type)!.libraries(loss);

/** What gives loss_row. */
export const lossRowLibraries = (loss: LossShape): readonly string[] => [...lossLibraries(loss), ...(known.get(loss.type)!.row ?? [])];
