/** What layers say their operations with, forward and backward. */

import type { Dropout } from '../kernels/dropout.ts';
import type { ColumnSumOp, Op, Step, TensorId, ValueId, WeightGradientOp } from './op.ts';

/** A dense layer's parameters, as its operations name them. */
export interface DenseParameters {
  /** 'layers.1' */
  readonly name: string;
  readonly weight: TensorId;
  readonly bias: TensorId;
}

/** An activation by its name, and its entry in the row's `layers` where it has a number. */
export interface ActivationUse {
  readonly activation: string;
  readonly entry?: number;
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
  /** Whether anything lies below a value that its gradient is for. */
  wantsGradient(value: ValueId): boolean;
  /** delta * transpose(weight): the gradient of a product's input. */
  inputGradient(delta: ValueId, input: ValueId, parameters: DenseParameters): ValueId;
  /** Gradients of a product's weight and bias. */
  parameterGradients(input: ValueId, delta: ValueId, parameters: DenseParameters): void;
  /** delta * f'(z), from what was stored, the activation's output or its input z: the gradient of `of`, which is z. */
  slope(delta: ValueId, activation: ActivationUse, stored: ValueId, of: ValueId): ValueId;
}

/** The name of a value's gradient. */
export const gradientOf = (value: ValueId): string => `d(${value})`;

/** Collects operations: forward and backward in the order of their saying, gradients of parameters apart. */
export class Emitter implements Emit {
  /** Whether this is a training step. */
  readonly training: boolean;
  readonly ops: Op[] = [];
  readonly widths: Record<ValueId, number> = {};
  /** By layer: they go behind everything that reads the old weights. */
  readonly gradients: (WeightGradientOp | ColumnSumOp)[][] = [];
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

  product(input: ValueId, { name, weight, bias }: DenseParameters, width: number): ValueId {
    const output = this.value(width, name);
    this.ops.push({ op: 'product', kind: 'forward', label: `${name} forward`, input, weight, bias, output, steps: [] });
    this.#trained.add(output);
    return output;
  }

  /** One pass over a value. The label of the operation is what it makes. */
  map(input: ValueId, step: Step, name: string): ValueId {
    const output = this.value(this.widthOf(input), name);
    this.ops.push({ op: 'map', label: output, input, output, steps: [step] });
    if (this.#trained.has(input) || (step.step === 'add' && this.#trained.has(step.value))) this.#trained.add(output);
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

  inputGradient(delta: ValueId, input: ValueId, { name, weight }: DenseParameters): ValueId {
    const output = this.value(this.widthOf(input), gradientOf(input));
    this.ops.push({ op: 'product', kind: 'inputGradient', label: `${name} input gradient`, input: delta, weight, of: input, output, steps: [] });
    return output;
  }

  parameterGradients(input: ValueId, delta: ValueId, { name, weight, bias }: DenseParameters): void {
    this.gradients.unshift([
      { op: 'weightGradient', label: `${name} weight gradient`, layer: name, input, delta, weight },
      { op: 'columnSum', label: `${name} bias gradient`, layer: name, delta, bias },
    ]);
  }

  slope(delta: ValueId, use: ActivationUse, stored: ValueId, of: ValueId): ValueId {
    return this.map(delta, { step: 'slope', ...use, stored }, gradientOf(of));
  }
}
