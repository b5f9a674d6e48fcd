/** What layers say their operations with, forward and backward. */

import type { Dropout } from '../kernels/dropout.ts';
import type { ColumnSumOp, Op, Step, TensorId, ValueId, WeightGradientOp } from './op.ts';

/** A layer's parameters by their roles, as its operations name them. */
export interface Parameters {
  /** 'layers.1' */
  readonly name: string;
  readonly weight?: TensorId;
  readonly bias?: TensorId;
  readonly slope?: TensorId;
  /** Whether the weight is another layer's, transposed. */
  readonly transposed?: boolean;
  /** Those that stay as they are. */
  readonly frozen?: readonly TensorId[];
}

/** A dense layer's. */
export type DenseParameters = Parameters & Required<Pick<Parameters, 'weight' | 'bias'>>;

/** A layer's whose activation learns its slopes. */
export type SlopeParameters = Parameters & Required<Pick<Parameters, 'slope'>>;

/** An activation by its name, with its entry in the row's `layers` where it has a number, and its slopes where it learns them. */
export interface ActivationUse {
  readonly activation: string;
  readonly entry?: number;
  readonly slopes?: TensorId;
}

/** So many columns of a value, from one on (default 0), and behind them all of another's; they lie from column `to` on (default 0). */
export interface Columns {
  readonly input: ValueId;
  readonly from?: number;
  readonly count: number;
  readonly to?: number;
  readonly other?: ValueId;
}

export interface Emit {
  /** input * weight + bias, of so many outputs. */
  product(input: ValueId, parameters: DenseParameters, width: number): ValueId;
  activate(input: ValueId, activation: ActivationUse): ValueId;
  /** Of a training step; in evaluation nothing is dropped, and the value is the input. */
  drop(input: ValueId, dropout: Dropout): ValueId;
  /** The same mask and scale on a gradient, which then is that of `of`. */
  dropGradient(delta: ValueId, dropout: Dropout, of: ValueId): ValueId;
  add(input: ValueId, other: ValueId): ValueId;
  /** A value of so many columns, 0 but where they are taken of others. */
  columns(name: string, width: number, taken: Columns): ValueId;
  /** Elements of a value, per sample. */
  widthOf(value: ValueId): number;
  /** Whether anything lies below a value that its gradient is for. */
  wantsGradient(value: ValueId): boolean;
  /** delta * transpose(weight): the gradient of a product's input. */
  inputGradient(delta: ValueId, input: ValueId, parameters: DenseParameters): ValueId;
  /** Gradients of a product's weight and bias. */
  parameterGradients(input: ValueId, delta: ValueId, parameters: DenseParameters): void;
  /** delta * f'(z), from what was stored, the activation's output or its input z: the gradient of `of`, which is z. */
  slope(delta: ValueId, activation: ActivationUse, stored: ValueId, of: ValueId): ValueId;
  /** The same where the slopes are learned, and their gradient. */
  slopeGradient(delta: ValueId, of: ValueId, parameters: SlopeParameters): ValueId;
}

/** The name of a value's gradient. */
export const gradientOf = (value: ValueId): string => `d(${value})`;

const tensorOf = (op: WeightGradientOp | ColumnSumOp): TensorId => (op.op === 'columnSum' ? op.bias : op.weight);

/** Collects operations: forward and backward in the order of their saying, gradients of parameters apart. */
export class Emitter implements Emit {
  /** Whether this is a training step. */
  readonly training: boolean;
  readonly ops: Op[] = [];
  readonly widths: Record<ValueId, number> = {};
  /** By layer: they go behind everything that reads the old weights. */
  readonly #gradients: (WeightGradientOp | ColumnSumOp)[][] = [];
  /** Values that depend on parameters. */
  readonly #trained = new Set<ValueId>();

  constructor(training: boolean) {
    this.training = training;
  }

  widthOf(value: ValueId): number {
    return this.widths[value]!;
  }

  /** A new value; its name says what it is. */
  value(width: number, name: string): ValueId {
    let id = name;
    for (let again = 2; id in this.widths; again++) id = `${name} (${again})`;
    this.widths[id] = width;
    return id;
  }

  input(width: number): ValueId {
    const output = this.value(width, 'input');
    this.ops.push({ op: 'input', label: this.training ? 'gather a batch' : 'gather samples', output, steps: [] });
    return output;
  }

  product(input: ValueId, { name, weight, bias, transposed, frozen = [] }: DenseParameters, width: number): ValueId {
    const output = this.value(width, name);
    this.ops.push({ op: 'product', kind: 'forward', label: `${name} forward`, input, weight, ...(transposed && { transposed }), bias, output, steps: [] });
    if (![weight, bias].every((tensor) => frozen.includes(tensor)) || this.#trained.has(input)) this.#trained.add(output);
    return output;
  }

  /** One pass over a value. The label of the operation is what it makes. */
  map(input: ValueId, step: Step, name: string): ValueId {
    const output = this.value(this.widthOf(input), name);
    this.ops.push({ op: 'map', label: output, input, output, steps: [step] });
    const learns = step.step === 'activate' && step.slopes !== undefined;
    if (learns || this.#trained.has(input) || (step.step === 'add' && this.#trained.has(step.value))) this.#trained.add(output);
    return output;
  }

  activate(input: ValueId, use: ActivationUse): ValueId {
    return this.map(input, { step: 'activate', ...use }, `${input} ${use.activation}`);
  }

  drop(input: ValueId, dropout: Dropout): ValueId {
    return this.training ? this.map(input, { step: 'dropout', dropout }, `${input} dropout`) : input;
  }

  dropGradient(delta: ValueId, dropout: Dropout, of: ValueId): ValueId {
    return this.map(delta, { step: 'dropout', dropout }, gradientOf(of));
  }

  add(input: ValueId, other: ValueId, name = 'sum'): ValueId {
    return this.map(input, { step: 'add', value: other }, name);
  }

  wantsGradient(value: ValueId): boolean {
    return this.#trained.has(value);
  }

  inputGradient(delta: ValueId, input: ValueId, { name, weight, transposed }: DenseParameters): ValueId {
    const output = this.value(this.widthOf(input), gradientOf(input));
    this.ops.push({ op: 'product', kind: 'inputGradient', label: `${name} input gradient`, input: delta, weight, ...(transposed && { transposed }), of: input, output, steps: [] });
    return output;
  }

  parameterGradients(input: ValueId, delta: ValueId, { name, weight, bias, transposed, frozen = [] }: DenseParameters): void {
    // Of y = x transpose(W) the gradient is transpose(delta) x: the two change places.
    const [left, right] = transposed ? [delta, input] : [input, delta];
    const own: (WeightGradientOp | ColumnSumOp)[] = [
      { op: 'weightGradient', label: `${name} weight gradient`, layer: name, input: left, delta: right, weight },
      { op: 'columnSum', label: `${name} bias gradient`, layer: name, delta, bias },
    ];
    this.#gradients.unshift(own.filter((op) => !frozen.includes(tensorOf(op))));
  }

  /** Gradients of all parameters, layer by layer: a second use of the same adds to the first. */
  parameterOps(): (WeightGradientOp | ColumnSumOp)[] {
    const seen = new Set<TensorId>();
    return this.#gradients.flat().map((op) => {
      const tensor = tensorOf(op), adds = seen.has(tensor);
      seen.add(tensor);
      return adds ? { ...op, label: `${op.label}, added`, adds } : op;
    });
  }

  columns(name: string, width: number, { input, from = 0, count, to = 0, other }: Columns): ValueId {
    const output = this.value(width, name);
    this.ops.push({ op: 'columns', label: output, from, to, input, count, ...(other !== undefined && { other }), output });
    if (this.#trained.has(input) || (other !== undefined && this.#trained.has(other))) this.#trained.add(output);
    return output;
  }

  slope(delta: ValueId, use: ActivationUse, stored: ValueId, of: ValueId): ValueId {
    return this.map(delta, { step: 'slope', ...use, stored }, gradientOf(of));
  }

  slopeGradient(delta: ValueId, of: ValueId, { name, slope }: SlopeParameters): ValueId {
    const output = this.value(this.widthOf(of), gradientOf(of));
    this.ops.push({ op: 'slopeGradient', label: `${name} slope gradient`, layer: name, delta, stored: of, slopes: slope, output });
    return output;
  }
}
