/** Small networks of odd sizes, one for each way in which plans differ. */
import type { ShapeTiles } from '../../src/compile/tiles.ts';
import { ema } from '../../src/model/averaging.ts';
import { clipByGlobalNorm } from '../../src/model/clip.ts';
import { add, dense, dropout, relu, sigmoid } from '../../src/model/layers/index.ts';
import { INPUT, sequential, type Model } from '../../src/model/model.ts';
import { adam, sgd } from '../../src/model/optimizers/index.ts';
import { l2, maxNorm, orthogonal } from '../../src/model/regularizers.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { smallConfig } from '../cases/network/support.ts';

const plainModel = (): Model => sequential([13], [dense(22), relu(), dense(9), sigmoid(), dense(5)]);
const dropoutModel = (): Model => sequential([13], [dropout(0.1), dense(22), relu(), dropout(0.3), dense(5)]);
/** Products that cost too much in float64 to be looked at again and again. */
const largeModel = (): Model => sequential([13], [dense(520), relu(), dense(520), relu(), dense(5)]);
const branchedModel = (): Model => ({
  inputShape: [13], layers: [dense(9), relu(), dense(9), add(), sigmoid(), dense(5)], inputs: [[INPUT], [0], [1], [2, 1], [3], [4]],
});

/** Four rows and 16 columns a workgroup, so that every product has several. */
const QUADS: ShapeTiles = {
  wide: { family: 'quad', rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 1 },
  narrow: { family: 'quad', rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 1 },
};
/** What GPUs take, small. */
const SLICED: ShapeTiles = {
  wide: { family: 'workgroup', rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 4, slices: 4, depthBlocks: 1 },
  narrow: { family: 'workgroup', rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 2, slices: 2, depthBlocks: 1 },
};

const momentum = () => sgd({ learningRate: 0.05, momentum: 0.9, regularizers: [l2(1e-3)] });
const config = (changes: Partial<TrainerConfig>): TrainerConfig => smallConfig({ model: plainModel(), optimizer: momentum(), verify: 'once', ...changes });

export const PLANS: Readonly<Record<string, () => TrainerConfig>> = {
  'unfused': () => config({ fusion: 'none' }),
  'fused by layers': () => config({ fusion: 'layer', tiles: QUADS }),
  'fused': () => config({ fusion: 'full' }),
  'tiles of GPUs, unfused': () => config({ fusion: 'none', tiles: SLICED }),
  'tiles of GPUs, fused': () => config({ fusion: 'full', tiles: SLICED }),
  'dropout, averaged, Adam': () => config({ model: dropoutModel(), optimizer: adam({ learningRate: 0.01 }), averaging: ema(0.9), fusion: 'layer' }),
  'clipped by the global norm': () => config({ optimizer: sgd({ learningRate: 0.05, momentum: 0.9, clip: clipByGlobalNorm(0.1) }) , fusion: 'none' }),
  'updates left out, accumulated': () => config({ optimizer: adam({ learningRate: 0.01 }), onNonFinite: 'skip', accumulate: 3, fusion: 'none' }),
  'large products': () => config({ model: largeModel(), optimizer: sgd({ learningRate: 0.05 }), fusion: 'none', accumulate: 2 }),
  'branches, two replicas, norms of units': () => config({
    model: branchedModel(), fusion: 'none', replicas: [{ seed: 3 }, { seed: 4 }], averaging: ema(0.9),
    optimizer: sgd({ learningRate: 0.05, momentum: 0.9, regularizers: [maxNorm(0.8), orthogonal(1e-2)] }),
  }),
};

