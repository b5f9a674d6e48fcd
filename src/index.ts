/** gradshader: train dense neural networks on the GPU with hand-written WGSL kernels. */

export { openDevice, probe, Device } from './device/index.ts';
export type { AdapterReport, FindOptions, OpenDeviceOptions, Probe } from './device/index.ts';
export * from './errors.ts';

export { dense, dropout, relu, sequential } from './model/layers.ts';
export type { Dense, Dropout, Layer, Model, Relu } from './model/layers.ts';
export { softmaxCrossEntropy, type Loss } from './model/losses.ts';
export { adam, adamw, sgd } from './model/optimizers.ts';
export type { AdamOptions, Optimizer, SgdOptions } from './model/optimizers.ts';
export { elasticNet, l1, l2, type Regularizer, type Regularizers } from './model/regularizers.ts';
export { cosine, type CosineSchedule, type Schedule } from './model/schedules.ts';
export type { Overrides } from './model/hyperparameters.ts';
export type { AdapterClass, Fusion, Tiles } from './model/tiles.ts';
export type { Tile } from './kernels/tile.ts';

export { dataset, shuffleTargets, split, subset, type Dataset, type DatasetOptions } from './data/dataset.ts';
export { loadIdx, type LoadIdxOptions } from './data/load.ts';
export { mnist } from './data/mnist.ts';

export { Trainer } from './train/trainer.ts';
export { estimateMemory, planOf } from './train/estimate.ts';
export { readParameters } from './train/checkpoint.ts';
export type { MemoryReport, TrainerConfig } from './train/config.ts';
export type { Epoch, Evaluation, Progress, ReplicaEpoch } from './train/events.ts';
export type { FitOptions } from './train/fit.ts';
export type { PredictOptions } from './train/predict.ts';
export type { Dispatch, Plan } from './scheduler/plan.ts';
