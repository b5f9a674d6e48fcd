import { CLASS_TARGET, type LossShape } from '../../src/kernels/losses/index.ts';
import { knowAll } from '../../src/model/know-all.ts';

knowAll();

/** Class indices, nothing weighted, nothing smoothed. */
export const PLAIN_LOSS: LossShape = { type: 'softmax-cross-entropy', target: CLASS_TARGET, entry: 0, classWeights: false, isPlain: true };
