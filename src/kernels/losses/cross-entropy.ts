import crossEntropy from '../../../shaders/lib/cross-entropy.wgsl';
import type { LossLibraries, LossShape } from './loss.ts';

type Soft = (loss: LossShape) => readonly string[];

let soft: Soft | undefined;

/** Loads what is needed for other targets than plain class indices, and for weights and smoothing: few pages do. */
export async function loadSoft(): Promise<void> {
  if (soft === undefined) knowSoft((await import('./soft-cross-entropy.ts')).softLibraries);
}

export const knowSoft = (libraries: Soft): void => { soft = libraries; };

export const crossEntropyLibraries: LossLibraries = {
  type: 'softmax-cross-entropy',
  libraries: (loss) => (loss.isPlain ? [crossEntropy] : soft!(loss)),
};
