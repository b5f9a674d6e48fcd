/** Advice of the reference implementations. */
import {
  activityPenalty, clipGradients, constrainUnits, denseForward, referenceForward, slopeGradient, softmaxCrossEntropy, update, type Hyperparameters, type ReferenceBatch, type ReferenceLayer,
} from '../../src/reference/index.ts';
import { advice, type Advice } from './support.ts';

const dense = (input: readonly number[]) => () => denseForward({ input, weight: [1, 2], bias: [0], batch: 1, inWidth: 2, outWidth: 1, activation: 'relu' });
const rows = (targets: readonly number[]) => () => softmaxCrossEntropy({ logits: [1, 2, 3, 4], targets, batch: 2, classes: 2, count: 2 });
const one = (more: Partial<Hyperparameters>, state = {}) => () => update({ weights: [1], gradient: [1], state, t: 1, hyperparameters: { optimizer: 'sgd', learningRate: 0.1, ...more } });
const layer: ReferenceLayer = { inWidth: 1, outWidth: 1, activation: 'relu' };
const batch: ReferenceBatch = { inputs: [1], scale: 1, offset: 0, order: [0], position: 0, count: 1, batch: 1, targets: [0] };
const forward = (weights: readonly number[][], layers: readonly ReferenceLayer[]) => () => referenceForward(weights, batch, { layers, seed: 0 });
const back = (slopes: readonly number[]) => () => slopeGradient({ delta: [1, 2], input: [1, -1], slopes, batch: 1, width: 2 });
const units = (optimizer: 'adam' | 'sgd', rules: object) => () => constrainUnits(
  { weights: Float64Array.of(1, 2), state: {}, nonFinite: false }, { weights: [1, 2], state: {}, hyperparameters: { optimizer, learningRate: 0.1 } },
  { rules, inWidth: 2, outWidth: 1, t: 1 },
);
const activity = (activations: readonly number[]) => () => activityPenalty(activations, 2, { l1: 1 });

export const referenceAdvice: readonly Advice[] = [
  advice('Pass it unpadded and row-major.', dense([1, 2, 0, 0]), dense([1, 2])),
  advice('Give one per valid row.', rows([0]), rows([0, 1])),
  advice('Call clipGradients with all tensors first.', one({ clip: { by: 'globalNorm', threshold: 1 } }), () => {
    const [gradient] = clipGradients([[1], [2]], { by: 'globalNorm', threshold: 1 });
    update({ weights: [1], gradient: gradient!, state: {}, t: 1, hyperparameters: { optimizer: 'sgd', learningRate: 0.1 } });
  }),
  advice('Give at least one dense layer.', forward([], []), forward([[1], [0]], [layer])),
  advice('Give a weight and a bias per layer, and slopes with prelu.', forward([[1]], [layer]), forward([[1], [0]], [layer])),
  advice('Give one for all columns, or one for each.', back([1, 2, 3]), back([1, 2])),
  advice('Pass [batch, width].', activity([1, 2, 3]), activity([1, 2, 3, 4])),
  advice('Choose one of these.', units('adam', { groupLasso: 0.1 }), units('sgd', { groupLasso: 0.1 })),
  advice('Leave one out.', units('sgd', { maxNorm: 1, unitNorm: true }), () => {
    units('sgd', { maxNorm: 1 })();
    units('sgd', { unitNorm: true })();
  }),
  advice(', got a slot ', one({}, { momentum: [0] }), one({})),
];
