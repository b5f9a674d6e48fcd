/** Sources that are loaded by import(), and when. */
import { ACTIVATION_NAMES } from '../../src/kernels/activations/index.ts';

/** What a page with a GPU that tunes nothing and loads no checkpoint does not ask for by import(). All else counts. */
export const NOT_BEFORE_THE_FIRST_STEP = [
  'src/device/node.ts', 'src/data/node-files.ts', 'src/train/file-store.ts', // in Node
  'src/device/advice.ts', // no adapter
  'src/sha256.ts', // no crypto.subtle
  'src/train/restore.ts', // a checkpoint
  'src/train/arenas.ts', 'src/train/checkpoint.ts', 'src/train/hash.ts', // weights read, replaced, saved or hashed
  'src/train/horizon.ts', // a training that ends elsewhere than its schedules
  'src/train/begin-choice.ts', 'src/train/best.ts', 'src/train/choose-best.ts', // best epochs asked for
  'src/train/divergence.ts', 'src/train/blame.ts', 'src/train/idle.ts', // numbers that are not finite; nothing to do
  'src/train/tune/tune.ts', // asked for
  'src/train/verify/verify.ts', // an adapter and a network that were looked at before: only steps are run again
  'src/train/verify/fall-back.ts', 'src/scheduler/unwritten.ts', // a GPU that fails
  'src/metrics/index.ts', 'src/train/score.ts', 'src/train/classify.ts', 'src/train/inspect.ts', // metrics, classes and statistics of layers asked for
  'src/webgpu/second-look.ts', // data that hold the word that marks what was not written
  // operations that no plan of a chain of layers has where all is fused
  'src/compile/lower-map.ts', 'src/compile/lower-columns.ts', 'src/compile/lower-layer-update.ts', 'src/compile/lower-gradients.ts', 'src/compile/lower-penalty.ts', 'src/compile/lower-slopes.ts',
  'src/compile/lower-units.ts',
  // layers that only some models have
  'src/model/layers/tied.ts', 'src/model/layers/add.ts', 'src/model/layers/concatenate.ts', 'src/model/layers/slice.ts', 'src/model/layers/softmax.ts',
  // losses that are named, not made; targets that are no classes, or smoothed
  'src/model/losses/softmax-cross-entropy.ts', 'src/model/losses/binary-cross-entropy.ts', 'src/model/losses/mean-squared-error.ts',
  'src/model/losses/mean-absolute-error.ts', 'src/model/losses/huber.ts', 'src/model/losses/smooth-l1.ts', 'src/kernels/losses/soft-cross-entropy.ts',
  'src/compile/given-tiles.ts', // tiles given
  'src/train/normalised.ts', 'src/model/normalize-maker.ts', // inputs that are normalised, or not scaled as their kind usually is
  'src/train/predict.ts', 'src/train/unit-penalties.ts', // predictions; penalties on units, and orthogonal ones
  'src/model/rules/all.ts', 'src/model/inits/all.ts', // optimizers and inits that are named, not made
  ...ACTIVATION_NAMES.map((name) => `src/kernels/activations/${name}.ts`), // activations that are named, not made
];
