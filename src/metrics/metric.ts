/** What a metric is: plain data in a configuration, and an accumulator that sees every sample once. */

/** What a network's outputs are: logits of classes, of which one is right; logits of labels, each of which may be; values. */
export type Outputs = 'classes' | 'labels' | 'values';

/** What a metric is asked of. */
export interface Task {
  readonly outputs: Outputs;
  /** Outputs of a sample. */
  readonly width: number;
}

/** Some samples of a set, in their order. */
export interface Batch {
  readonly count: number;
  /** A sample's outputs, and from one sample's to the next's. */
  readonly outputs: Float32Array | Float64Array;
  readonly stride: number;
  /** Class indices [count]; or rows [count, width], of probabilities where the outputs are classes, else of 0 and 1 or of values. */
  readonly targets: Uint32Array | Float32Array | Float64Array;
  /** [count], 0 or more. Default 1 each. */
  readonly weights?: Float32Array | Float64Array | undefined;
}

/** Over all samples that were added, in whatever batches; in double precision. */
export interface Accumulator<Value = number> {
  add(batch: Batch): void;
  value(): Value;
}

/** How figures by class, or by label, become one. */
export type Average = 'macro' | 'micro' | 'weighted' | 'binary';

export type CountedMetric = 'precision' | 'recall' | 'f1';

export interface TopK {
  readonly metric: 'topK';
  readonly k: number;
}

export interface BinaryAccuracy {
  readonly metric: 'binaryAccuracy';
  readonly threshold: number;
}

export interface Counted<Name extends CountedMetric = CountedMetric> {
  readonly metric: Name;
  readonly average: Average;
  readonly threshold: number;
}

/** Those without settings. */
export interface PlainMetric {
  readonly metric: 'accuracy' | 'mae' | 'mse' | 'rmse' | 'r2';
}

export type Metric = PlainMetric | TopK | BinaryAccuracy | Counted;

type Averaged = `${CountedMetric}${'' | 'Micro' | 'Weighted' | 'Binary'}`;

/** Metrics as configurations and results name them: 'f1Micro' is `f1({ average: 'micro' })`, 'f1@0.3' `f1({ threshold: 0.3 })`. */
export type MetricName = PlainMetric['metric'] | `top${number}` | 'binaryAccuracy' | Averaged | `${'binaryAccuracy' | Averaged}@${number}`;

/** Half: where nothing else is said, what is more likely than not is predicted. */
export const HALF = 0.5;

export const AVERAGES: readonly Average[] = ['macro', 'micro', 'weighted', 'binary'];
export const COUNTED: readonly CountedMetric[] = ['precision', 'recall', 'f1'];
export const PLAIN: readonly PlainMetric['metric'][] = ['accuracy', 'mae', 'mse', 'rmse', 'r2'];
