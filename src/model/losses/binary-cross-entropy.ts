import { InputError } from '../../errors.ts';
import { know } from '../../kernels/activations/index.ts';
import { sigmoid } from '../../kernels/activations/sigmoid.ts';
import { binaryCrossEntropyLibraries } from '../../kernels/losses/binary-cross-entropy.ts';
import { elementLossType } from './element.ts';
import type { LossType } from './loss.ts';
import type { BinaryCrossEntropy } from './settings.ts';

export const binaryCrossEntropyLoss: LossType<BinaryCrossEntropy> = {
  ...elementLossType<BinaryCrossEntropy>(binaryCrossEntropyLibraries, 'binaryCrossEntropy', { positiveWeight: 1 }),
  prediction: { activation: sigmoid.name },
  hasHits: true,
  outputs: 'logits of labels',
  declares: 'sigmoid',
  checkRange(name, [low, high]) {
    if (low < 0 || high > 1) {
      throw new InputError(`${name}: targets of binaryCrossEntropy() are labels or probabilities, 0 to 1, got ${low < 0 ? low : high}. For values of any size take meanSquaredError().`);
    }
  },
  load: () => Promise.resolve(know(sigmoid)),
};
