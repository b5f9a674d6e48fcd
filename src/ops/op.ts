/**
 * The small vocabulary in which a network is said: operations over named values, a batch of samples each, and steps that a
 * value can be taken through while it is in registers. Pure data: no sizes of batches, no memory, no GPU.
 */

import type { Dropout } from '../kernels/dropout.ts';
import type { Kernel } from '../kernels/kernel.ts';
import type { SoftmaxShape } from '../kernels/softmax.ts';

/** A value: one vector per sample of the batch. */
export type ValueId = string;

/** Index of a tensor among the network's parameters. */
export type TensorId = number;

/** What an epilogue or a map does to a value, in the order of a list. */
export type Step =
  /** x + another value: where branches join, and where gradients do. */
  | { readonly step: 'add'; readonly value: ValueId }
  /** f(x); x is kept as a value of its own where something else reads it. `entry`: in the row's `layers`, where f has a number; `slopes`: where it learns them. */
  | { readonly step: 'activate'; readonly activation: string; readonly entry?: number; readonly slopes?: TensorId; readonly kept?: ValueId }
  /** x + the gradient of the penalties on an activation: `tensor` is that in whose row their strengths are. */
  | { readonly step: 'activity'; readonly tensor: TensorId; readonly stored: ValueId }
  /** Kept values times 1 / (1 - p), dropped ones 0: forward, and backward, where the same mask is drawn again. */
  | { readonly step: 'dropout'; readonly dropout: Dropout }
  /**
   * x times f'(z), which the activation's library gets from what was stored. `after`: what is stored went through this
   * dropout. Where the activation's own zeros are the mask (ReLU), the step is backward through both; else it follows a
   * dropout step, and undoes the scale.
   */
  | { readonly step: 'slope'; readonly activation: string; readonly entry?: number; readonly stored: ValueId; readonly after?: Dropout };

export type StepName = Step['step'];

interface Base {
  /** In the model's words: 'layers.1 forward'. */
  readonly label: string;
}

/** A batch of the data set, and its targets. */
export interface InputOp extends Base {
  readonly op: 'input';
  readonly output: ValueId;
  readonly steps: readonly Step[];
}

/** A dense product: output = input * weight + bias, or, of its gradient, output = input * transpose(weight). */
export interface ProductOp extends Base {
  readonly op: 'product';
  readonly kind: 'forward' | 'inputGradient';
  readonly input: ValueId;
  readonly weight: TensorId;
  /** Whether the weight goes in transposed forward: it is another layer's. */
  readonly transposed?: boolean;
  /** Of a forward product. */
  readonly bias?: TensorId;
  /** Of an input gradient: what it is the gradient of. */
  readonly of?: ValueId;
  readonly output: ValueId;
  readonly steps: readonly Step[];
}

/** One pass over a value. */
export interface MapOp extends Base {
  readonly op: 'map';
  readonly input: ValueId;
  readonly output: ValueId;
  readonly steps: readonly Step[];
}

/** Columns of a value, so many from one on, and behind them another's, from column `to` of the output on, which is 0 elsewhere. */
export interface ColumnsOp extends Base {
  readonly op: 'columns';
  readonly input: ValueId;
  readonly from: number;
  readonly count: number;
  readonly to: number;
  readonly other?: ValueId;
  readonly output: ValueId;
}

/** Each sample's loss, and the gradient of its input. */
export interface LossOp extends Base {
  readonly op: 'loss';
  readonly loss: string;
  readonly input: ValueId;
  readonly output: ValueId;
}

/** What users are told of the network's output: probabilities of logits. */
export interface PredictionOp extends Base {
  readonly op: 'prediction';
  readonly kernel: Kernel<SoftmaxShape>;
  readonly input: ValueId;
  readonly output: ValueId;
}

/** Gradient of a weight: transpose(input) * delta, kept. */
export interface WeightGradientOp extends Base {
  readonly op: 'weightGradient';
  /** That of the product: its weight and its bias are one layer's. */
  readonly layer: string;
  readonly input: ValueId;
  readonly delta: ValueId;
  readonly weight: TensorId;
  /** Whether another use of the weight has left its gradient there. */
  readonly adds?: boolean;
}

/** Gradient of a bias: column sums of delta, kept. */
export interface ColumnSumOp extends Base {
  readonly op: 'columnSum';
  readonly layer: string;
  readonly delta: ValueId;
  readonly bias: TensorId;
  readonly adds?: boolean;
}

/** Backward through an activation that learns its slopes: the gradient of its input, and that of the slopes, kept. */
export interface SlopeGradientOp extends Base {
  readonly op: 'slopeGradient';
  readonly layer: string;
  /** Gradient of the activation's output. */
  readonly delta: ValueId;
  /** What the activation was made from. */
  readonly stored: ValueId;
  readonly slopes: TensorId;
  readonly output: ValueId;
}

/** Adds the gradient of the orthogonal penalty on a weight to the one that is kept. */
export interface PenaltyOp extends Base {
  readonly op: 'penalty';
  readonly weight: TensorId;
}

/** The update of these tensors from the gradients that are kept. */
export interface UpdateOp extends Base {
  readonly op: 'update';
  readonly tensors: readonly TensorId[];
}

/** Rules on the norms of units, after the update. */
export interface UnitRulesOp extends Base {
  readonly op: 'unitRules';
}

/** Fused: the gradients of a weight and its bias and their update. */
export interface WeightUpdateOp extends Base {
  readonly op: 'weightUpdate';
  readonly input: ValueId;
  readonly delta: ValueId;
  readonly weight: TensorId;
  readonly bias: TensorId;
}

/** Fused: several of these. */
export interface NetworkUpdateOp extends Base {
  readonly op: 'networkUpdate';
  readonly updates: readonly WeightUpdateOp[];
}

/** Fused: a forward product, the loss of its output, and the gradient of its input where there is one. */
export interface HeadOp extends Base {
  readonly op: 'head';
  readonly input: ValueId;
  readonly weight: TensorId;
  readonly bias: TensorId;
  readonly loss: string;
  /** Gradient of the product. */
  readonly output: ValueId;
  readonly inputGradient?: { readonly output: ValueId; readonly steps: readonly Step[] };
}

export type Op =
  | InputOp | ProductOp | MapOp | ColumnsOp | LossOp | PredictionOp | WeightGradientOp | ColumnSumOp | SlopeGradientOp | PenaltyOp | UpdateOp | UnitRulesOp
  | WeightUpdateOp | NetworkUpdateOp | HeadOp;

export type OpName = Op['op'];

/** Operations in the order in which they run. */
export interface OpGraph {
  readonly name: string;
  /** Elements of a value, per sample. */
  readonly widths: Readonly<Record<ValueId, number>>;
  /** Values that are read after the last operation, by what they are. */
  readonly results: Readonly<Record<string, ValueId>>;
  readonly ops: readonly Op[];
}

/** What a step reads besides the value that it changes. */
export const readOfStep = (step: Step): readonly ValueId[] =>
  (step.step === 'add' ? [step.value] : step.step === 'activity' || step.step === 'slope' ? [step.stored] : []);

const ofSteps = (steps: readonly Step[]): ValueId[] => steps.flatMap(readOfStep);

/** The values that an operation reads, one entry per reading. */
export function readsOf(op: Op): readonly ValueId[] {
  switch (op.op) {
    case 'input': return ofSteps(op.steps);
    case 'product': case 'map': return [op.input, ...ofSteps(op.steps)];
    case 'columns': return op.other === undefined ? [op.input] : [op.input, op.other];
    case 'loss': case 'prediction': return [op.input];
    case 'weightGradient': case 'weightUpdate': return [op.input, op.delta];
    case 'columnSum': return [op.delta];
    case 'slopeGradient': return [op.delta, op.stored];
    case 'networkUpdate': return op.updates.flatMap(readsOf);
    case 'head': return [op.input, ...ofSteps(op.inputGradient?.steps ?? [])];
    case 'penalty': case 'update': case 'unitRules': return [];
  }
}

const keptBy = (steps: readonly Step[]): ValueId[] => steps.flatMap((one) => (one.step === 'activate' && one.kept !== undefined ? [one.kept] : []));

/** The values that it makes. */
export function writesOf(op: Op): readonly ValueId[] {
  switch (op.op) {
    case 'product': return [op.output, ...keptBy(op.steps)];
    case 'input': case 'map': case 'columns': case 'loss': case 'prediction': case 'slopeGradient': return [op.output];
    case 'head': return op.inputGradient === undefined ? [op.output] : [op.output, op.inputGradient.output];
    default: return [];
  }
}
