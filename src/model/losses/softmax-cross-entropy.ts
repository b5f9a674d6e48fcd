import { InputError } from '../../errors.ts';
import { HEAD_MAX_CLASSES } from '../../kernels/head.ts';
import { crossEntropyLibraries, loadSoft } from '../../kernels/losses/cross-entropy.ts';
import { softmaxCrossEntropy as kernel } from '../../kernels/softmax-cross-entropy.ts';
import { softmax } from '../../kernels/softmax.ts';
import type { LossType } from './loss.ts';
import { checkClassWeights, checkLossSettings, type SoftmaxCrossEntropy } from './settings.ts';

export const softmaxCrossEntropyLoss: LossType<SoftmaxCrossEntropy> = {
  type: 'softmax-cross-entropy',
  targets: ['class', 'vector'],
  libraries: crossEntropyLibraries,
  kernel,
  prediction: { kernel: softmax },
  // Weights of classes are one binding more.
  headOutputs: ({ classWeights }) => (classWeights === undefined ? HEAD_MAX_CLASSES : 0),
  hasHits: true,
  outputs: 'logits of classes',
  declares: 'softmax',
  maker: 'softmaxCrossEntropy()',
  check(settings) {
    checkLossSettings('softmaxCrossEntropy', settings, ['smoothing'], ['classWeights']);
    checkClassWeights('softmaxCrossEntropy', settings.classWeights);
  },
  numbers: ({ smoothing }) => (smoothing === undefined ? { keys: [], values: [] } : { keys: ['loss.smoothing'], values: [smoothing] }),
  classWeights: ({ classWeights }) => classWeights,
  isPlain: ({ smoothing, classWeights, mean = 'count' }) => smoothing === undefined && classWeights === undefined && mean === 'count',
  checkRange(name, [low], outputs) {
    if (outputs === 1) throw new InputError(`${name}: softmaxCrossEntropy() of one output is always 0. For one label take binaryCrossEntropy(), for values meanSquaredError().`);
    if (low < 0) throw new InputError(`${name}: targets of softmaxCrossEntropy() are class indices or probabilities of classes, 0 or more, got ${low}. For values of any size take meanSquaredError().`);
  },
  load: loadSoft,
};
