/** Bounds on softmax and its cross-entropy, and on the head that makes the logits too. */

import type { Row } from '../float64/rows.ts';
import { eachActive } from '../float64/twin.ts';
import type { ElementLossShape } from '../kernels/element-loss.ts';
import type { HeadShape } from '../kernels/head.ts';
import type { SoftmaxCrossEntropyShape } from '../kernels/softmax-cross-entropy.ts';
import type { SoftmaxShape } from '../kernels/softmax.ts';
import { elementErrors } from './bounds-elements-loss.ts';
import { allowInputGradient, startOf } from './bounds-products.ts';
import { FEW, LAMBDA, LARGEST, MANY, noneAllowed, squares, sumError, U, type Bound, type Look } from './look.ts';

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

/** No term of a cross-entropy is larger. */
const spreadOf = ({ values }: Logits): number => largest(values) + largest(values.map((z) => -z));

type LossShapes = SoftmaxCrossEntropyShape | HeadShape;

/** What all targets of a row come to at most, and the row's own weight. */
interface Weights {
  readonly weight: number;
  readonly whole: number;
}

function weightsOf({ shape: { rows, classes, loss: { target: { words: size, isVector, isWeighted }, classWeights } }, words, floats }: Look<LossShapes>, replica: number, r: number): Weights {
  const row = new Float32Array(words('targets').slice((replica * rows + r) * size, (replica * rows + r + 1) * size).buffer);
  const target = isVector ? row.subarray(0, classes).reduce((sum, t) => sum + Math.abs(t), 0) : 1;
  const largestClass = classWeights ? floats('classWeights').reduce((a, b) => Math.max(a, b), 0) : 1;
  return { weight: isWeighted ? row[size - 1]! : 1, whole: Math.max(1, target) * largestClass };
}

/** The output that a sample is a hit by; where several may be the first largest, its sign says nothing. */
function hitOf(look: Look<LossShapes>, replica: number, r: number): number {
  const { rows, classes, loss: { target: { words: size, isVector } } } = look.shape, words = look.words('targets'), at = (replica * rows + r) * size;
  if (!isVector) return words[at]!;
  const row = new Float32Array(words.slice(at, at + classes).buffer);
  return row.indexOf(row.reduce((a, b) => Math.max(a, b), -Infinity));
}

/** A sample's loss, and its sign where another logit may be as large as the label's. */
function allowSample(look: Look<LossShapes>, samples: Float32Array, at: number, logits: Logits, hit: number, { weight, whole }: Weights): void {
  const { values, error } = logits, want = look.want('samples')[at]!, rest = largest(values.map((z, i) => (i === hit ? -Infinity : z)));
  const spread = look.shape.loss.isPlain ? largest(values) - values[hit]! : spreadOf(logits);
  samples[at] = weight * whole * (2 * error + U * (MANY + FEW * spread)) + U * FEW * Math.abs(want);
  if (Math.abs(rest - values[hit]!) <= 2 * error) samples[at]! += 2 * Math.abs(want) + 2 ** -125;
}

/** Losses of one replica, and the gradient of its outputs; returns each row's largest error of that. */
function allowLosses(look: Look<LossShapes>, row: Row, replica: number, logits: (r: number) => Logits, gradient: { allowed: Float32Array; at: number }, samples: Float32Array): Float64Array {
  const { rows, columns, batch, samplesStride, loss: { type, entry, isPlain } } = look.shape, errors = new Float64Array(rows);
  const divisor = isPlain ? row.groupCount : row.layers[entry]!.scale;
  const allow = (r: number, c: number, error: number): void => {
    const at = gradient.at + r * columns + c, allowed = error >= LARGEST ? LARGEST : error / divisor + FEW * U * Math.abs(look.want(gradientName(look))[at]!);
    gradient.allowed[at] = allowed;
    errors[r] = Math.max(errors[r]!, allowed);
  };
  for (let r = 0; r < row.count; r++) {
    const own = logits(r), weights = weightsOf(look, replica, r), { weight, whole } = weights, at = replica * samplesStride + row.slot * batch + r;
    if (type !== 'softmax-cross-entropy') {
      const { sample, slopes } = elementErrors(look, row, replica, r, own, weight);
      samples[at] = sample;
      slopes.forEach((error, c) => allow(r, c, error));
    } else {
      const hit = hitOf(look, replica, r), mayLeave = weight * whole * spreadOf(own) >= LARGEST;
      probabilityErrors(own).forEach((error, c) => allow(r, c, mayLeave ? LARGEST : weight * (whole * error + 4 * U * (isPlain ? Number(c === hit) : whole))));
      if (mayLeave) samples[at] = LARGEST;
      else allowSample(look, samples, at, own, hit, weights);
    }
  }
  return errors;
}

const gradientName = (look: Look<LossShapes>): string => ('gradient' in look.views ? 'gradient' : 'delta');

const rowLoss = (outputs: string): Bound<SoftmaxCrossEntropyShape> => (look) => {
  const { columns, classes } = look.shape, gradient = noneAllowed(look, 'gradient'), samples = noneAllowed(look, 'samples');
  eachActive(look, (row, replica) => {
    const at = startOf(look, outputs, replica), data = look.floats(outputs);
    const logits = (r: number): Logits => ({ values: data.slice(at + r * columns, at + r * columns + classes), error: 0 });
    allowLosses(look, row, replica, logits, { allowed: gradient, at: startOf(look, 'gradient', replica) }, samples);
  });
  return { gradient, samples };
};

export const softmaxCrossEntropy = rowLoss('logits');
export const elementLoss: Bound<ElementLossShape> = rowLoss('outputs');

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

