/** gradshader: train dense neural networks on the GPU with hand-written WGSL kernels. */

// First, as it brings all kernels together: bundlers keep this order, and like texts compress best side by side.
export { estimateMemory, planOf } from './train/estimate.ts';

export { openDevice, probe, Device } from './device/index.ts';
export type { AdapterReport, AdapterState, FindOptions, OpenDeviceOptions, Probe } from './device/index.ts';
export * from './errors.ts';

export {
  dense, dropout, elu, gelu, geluTanh, hardSwish, leakyRelu, prelu, relu, selu, sigmoid, silu, slice, softmax, softplus, tanh, tied,
} from './model/layers/index.ts';
export { add, concatenate, input, model, type Value } from './model/functional.ts';
export { mlp, type MlpOptions } from './model/mlp.ts';
export { sequential } from './model/model.ts';
export { normalize, type NormalizeOptions } from './model/normalize-maker.ts';
export type { Normalize } from './model/normalize.ts';
export type {
  Dense, Dropout, Elu, Gelu, GeluTanh, HardSwish, Layer, LeakyRelu, Prelu, Relu, Selu, Sigmoid, Silu, Slice, Softmax, Softplus, Tanh, Tied,
} from './model/layers/index.ts';
export type { Model } from './model/model.ts';
export {
  constant, glorotNormal, glorotTruncatedNormal, glorotUniform, heNormal, heTruncatedNormal, heUniform, identity, lecunNormal,
  lecunTruncatedNormal, lecunUniform, randomNormal, randomOrthogonal, randomUniform, zeros, type FanOptions, type GainOptions,
} from './model/inits/makers.ts';
export type {
  Constant, FanMode, GlorotInit, Init, MatrixInit, RandomNormal, RandomUniform, ScaledInit, Zeros,
} from './model/inits/init.ts';
export { binaryCrossEntropy, huber, meanAbsoluteError, meanSquaredError, smoothL1, softmaxCrossEntropy } from './model/losses/makers.ts';
export type {
  BinaryCrossEntropy, Huber, Loss, LossOptions, MeanAbsoluteError, MeanSquaredError, SmoothL1, SoftmaxCrossEntropy,
} from './model/losses/index.ts';
export { binaryAccuracy, f1, precision, recall, topK, type CountedOptions } from './metrics/makers.ts';
export type { Average, BinaryAccuracy, Confusion, Counted, Metric, MetricName, TopK } from './metrics/index.ts';
export {
  adadelta, adagrad, adam, adamax, adamw, amsgrad, ftrl, lamb, lars, lion, nadam, proximalAdagrad, proximalSgd, rmsprop, sgd,
} from './model/optimizers/index.ts';
export type {
  AdadeltaOptions, AdagradOptions, AdamaxOptions, AdamOptions, CommonOptions, FtrlOptions, LambOptions, LarsOptions,
  LionOptions, NadamOptions, Optimizer, ProximalOptions, RmspropOptions, SgdOptions,
} from './model/optimizers/index.ts';
export { clipByGlobalNorm, clipByNorm, clipByValue, type Clip } from './model/clip.ts';
export { ema, swa, type Averaging } from './model/averaging.ts';
export {
  activityL1, activityL2, elasticNet, groupLasso, l1, l2, maxNorm, nonNegative, orthogonal, unitNorm,
} from './model/regularizers.ts';
export type { Regularizer, RegularizerRule, Regularizers, RegularizerType } from './model/regularizers.ts';
export { fromKeras, fromSklearn, fromTorch } from './model/conventions.ts';
export type { ConventionOptions, KerasPenalties, SklearnPenalties, TorchPenalties } from './model/conventions.ts';
export { cosine, custom, exponential, oneCycle, plateau, polynomial, stepDecay, warmUp } from './model/schedules/index.ts';
export type {
  CosineSchedule, ExponentialSchedule, FunctionSchedule, OneCycleSchedule, PlateauSchedule, PolynomialSchedule, Schedule,
  ScheduleFunction, StepDecaySchedule, WarmUpSchedule,
} from './model/schedules/index.ts';
export { pairOf, type Penalty as PenaltyName, type Verdict } from './model/pairs.ts';
export type { RuleName } from './kernels/rule.ts';
export type { Weights } from './compile/graphs.ts';
export type { Overrides } from './model/hyperparameters.ts';
export type { AdapterClass, AdapterTraits, Fusion, ProductName, ShapeTiles, Tiles } from './compile/tiles.ts';
export type { DirectTile, Tile, WorkgroupTile } from './kernels/tile.ts';

export { balance, type BalanceOptions } from './data/balance.ts';
export { dataset, shuffleTargets, split, subset } from './data/dataset.ts';
export type { ClassDataset, Dataset, DatasetOptions, Labels, Numbers, SplitOptions } from './data/dataset.ts';
export { loadIdx, type LoadIdxOptions, type ReadOptions } from './data/load.ts';
export { mnist, type MnistOptions } from './data/mnist.ts';
export { loadCsv, type CsvOptions } from './data/table/csv.ts';
export { fromRows, prepareRows } from './data/table/rows.ts';
export type { TableSource } from './data/table/read.ts';
export type {
  CategoryColumn, Cell, ColumnOptions, Fill, InputColumn, NumberColumn, Preparation, Row, TableClip, TableData, TableOptions,
} from './data/table/types.ts';

export { Trainer } from './train/trainer.ts';
export type { EvaluateOptions, LoadOptions, NonFiniteOption, SaveOptions, WeightsOptions } from './train/trainer-options.ts';
export { readParameters, type ParametersOptions } from './train/parameters-file.ts';
export type { ShapedArray } from './train/shaped.ts';
export type { Metrics, TrainerConfig } from './train/trainer-config.ts';
export type { BestEpoch, EarlyStopping, Monitor } from './train/early-stopping.ts';
export type { Epoch, Evaluation, Progress, Verifying, ReplicaEpoch, Stopped } from './train/events.ts';
export type { FitOptions } from './train/fit-options.ts';
export type { FitRun } from './train/fit-run.ts';
export type { InspectOptions, Inspection, LayerInspection, OutputStatistics, Statistics } from './train/inspect.ts';
export type { KeptWeights } from './train/weights.ts';
export type { PredictOptions } from './train/predict.ts';
export type { Classified, ClassifyOptions, ClassProbability } from './train/classify.ts';
export type { TuneCache, TuneChoice, TuneOptions, TuneProgress, TuneRecord, TuneReport } from './train/tune/option.ts';
export type { Result as TuneResult } from './train/tune/compete.ts';
export type { VerifiedKernel, VerifyReport, WrongNumber } from './verify/report.ts';
export type { MemoryReport } from './scheduler/buffers.ts';
export type { Dispatch } from './scheduler/dispatch.ts';
export type { Plan } from './scheduler/plan.ts';
