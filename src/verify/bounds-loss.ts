/** Bounds on softmax and its cross-entropy, and on the head that makes the logits too. */

import type { Row } from '../float64/rows.ts';
import { eachActive } from '../float64/twin.ts';
import type { HeadShape } from '../kernels/head.ts';
import type { SoftmaxCrossEntropyShape } from '../kernels/softmax-cross-entropy.ts';
import type { SoftmaxShape } from '../kernels/softmax.ts';
import { allowInputGradient, startOf } from './bounds-products.ts';
import { FEW, LAMBDA, MANY, noneAllowed, squares, sumError, U, type Bound, type Look } from './look.ts';

/** One row of logits, and what each may be off. */
interface Logits {
  readonly values: Float64Array;
  readonly error: number;
}

const largest = (values: Float64Array): number => values.reduce((a, b) => Math.max(a, b), -Infinity);

/** Of each probability: the exponential's own error grows with its argument. */
function probabilityErrors({ values, error }: Logits): Float64Array {
  const top = largest(values), powers = values.map((z) => Math.exp(z - top)), sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power, i) => (power / sum) * (2 * error + U * (MANY + 8 * (top - values[i]!))) + 2 ** -126);
}

/** A sample's loss, and its sign where another logit may be as large as the label's. */
function allowSample(look: Look<SoftmaxCrossEntropyShape | HeadShape>, samples: Float32Array, at: number, { values, error }: Logits, target: number): void {
  const want = look.want('samples')[at]!, rest = largest(values.map((z, i) => (i === target ? -Infinity : z)));
  samples[at] = 2 * error + U * (MANY + FEW * (largest(values) - values[target]! + Math.abs(want)));
  if (Math.abs(rest - values[target]!) <= 2 * error) samples[at]! += 2 * Math.abs(want);
}

/** Losses of one replica, and the gradient of its logits; returns each row's largest error of that. */
function allowLosses(look: Look<SoftmaxCrossEntropyShape | HeadShape>, row: Row, replica: number, logits: (r: number) => Logits, gradient: { allowed: Float32Array; at: number }, samples: Float32Array): Float64Array {
  const { rows, columns, classes, batch, samplesStride } = look.shape, errors = new Float64Array(rows);
  for (let r = 0; r < row.count; r++) {
    const own = logits(r), target = look.words('targets')[replica * rows + r]!;
    probabilityErrors(own).forEach((error, c) => {
      const allowed = (error + 4 * U * (c === target ? 1 : 0)) / row.groupCount + FEW * U * Math.abs(look.want(gradientName(look))[gradient.at + r * columns + c]!);
      gradient.allowed[gradient.at + r * columns + c] = allowed;
      errors[r] = Math.max(errors[r]!, allowed);
    });
    if (classes > 0) allowSample(look, samples, replica * samplesStride + row.slot * batch + r, own, target);
  }
  return errors;
}

const gradientName = (look: Look<SoftmaxCrossEntropyShape | HeadShape>): string => ('gradient' in look.views ? 'gradient' : 'delta');

export const softmaxCrossEntropy: Bound<SoftmaxCrossEntropyShape> = (look) => {
  const { columns, classes } = look.shape, gradient = noneAllowed(look, 'gradient'), samples = noneAllowed(look, 'samples');
  eachActive(look, (row, replica) => {
    const at = startOf(look, 'logits', replica), data = look.floats('logits');
    const logits = (r: number): Logits => ({ values: data.slice(at + r * columns, at + r * columns + classes), error: 0 });
    allowLosses(look, row, replica, logits, { allowed: gradient, at: startOf(look, 'gradient', replica) }, samples);
  });
  return { gradient, samples };
};

export const softmax: Bound<SoftmaxShape> = (look) => {
  const { rows, columns, classes } = look.shape, output = noneAllowed(look, 'output');
  eachActive(look, (_row, replica) => {
    const at = startOf(look, 'logits', replica), to = startOf(look, 'output', replica), data = look.floats('logits');
    for (let r = 0; r < rows; r++) {
      output.set(probabilityErrors({ values: data.slice(at + r * columns, at + r * columns + classes), error: 0 }), to + r * columns);
    }
  });
  return { output };
};

/** The head's logits, which it does not store. */
function headLogits(look: Look<HeadShape>, replica: number): (r: number) => Logits {
  const { inputs, columns, width, classes, weight, bias, parametersStride, rows } = look.shape;
  const data = look.floats('parameters'), first = replica * parametersStride, input = look.floats('input'), at = startOf(look, 'input', replica);
  const x = squares({ data: input, at, rows, columns: inputs }).ofRows, w = squares({ data, at: first + weight, rows: width, columns }).ofColumns;
  return (r) => {
    const values = data.slice(first + bias, first + bias + classes), size = values.map(Math.abs);
    for (let k = 0; k < width; k++) {
      const h = input[at + r * inputs + k]!, from = first + weight + k * columns;
      for (let c = 0; c < classes; c++) values[c]! += h * data[from + c]!;
    }
    return { values, error: LAMBDA * U * size.reduce((most, b, c) => Math.max(most, sumError(x[r]!, w[c]!, inputs, Math.abs(values[c]!) + b)), 0) };
  };
}

export const head: Bound<HeadShape> = (look) => {
  const { rows, inputs, columns, width, weight, parametersStride, inputGradient, below } = look.shape;
  const delta = noneAllowed(look, 'delta'), samples = noneAllowed(look, 'samples'), output = noneAllowed(look, 'output');
  eachActive(look, (row, replica) => {
    const at = startOf(look, 'delta', replica);
    const deltaError = allowLosses(look, row, replica, headLogits(look, replica), { allowed: delta, at }, samples);
    if (!inputGradient) return;
    const stored = { binding: 'input', at: startOf(look, 'input', replica) };
    allowInputGradient(look, output, {
      below, row, rows, columns: inputs, width, depth: columns, deltaError, stored, output: { binding: 'output', at: startOf(look, 'output', replica) },
      delta: squares({ data: look.want('delta'), at, rows, columns }).ofRows,
      weight: squares({ data: look.floats('parameters'), at: replica * parametersStride + weight, rows: width, columns }).ofRows,
    });
  });
  return { delta, samples, output };
};

