/** Softmax, its cross-entropy, and the head that fuses the last layer with both. */

import type { ElementLossShape } from '../../kernels/element-loss.ts';
import type { HeadShape } from '../../kernels/head.ts';
import type { SoftmaxCrossEntropyShape } from '../../kernels/softmax-cross-entropy.ts';
import type { SoftmaxShape } from '../../kernels/softmax.ts';
import * as reference from '../../reference/index.ts';
import type { Row } from '../rows.ts';
import { eachActive, put, take, viewed, type Run, type Twin } from '../twin.ts';
import { layerBelow } from './below.ts';

export const softmax: Twin<SoftmaxShape> = (run) => {
  const { rows, columns, classes } = run.shape, size = { rows, columns, width: classes };
  eachActive(run, (_row, replica) => {
    const logits = take(viewed(run, 'logits', replica, size));
    put(viewed(run, 'output', replica, size), reference.softmax({ logits, batch: rows, classes }));
  });
};

type LossShapes = SoftmaxCrossEntropyShape | ElementLossShape | HeadShape;

/** The targets of a replica's rows and their weights, from the words they lie in. */
function targetsOf(run: Run<LossShapes>, replica: number): { targets: ArrayLike<number>; weights?: Float64Array } {
  const { rows, classes, loss: { target: { words: size, isVector, isWeighted } } } = run.shape;
  const words = run.words('targets').slice(replica * rows * size, (replica + 1) * rows * size), floats = new Float32Array(words.buffer);
  const targets = isVector
    ? Float64Array.from({ length: rows * classes }, (_, i) => floats[Math.floor(i / classes) * size + (i % classes)]!)
    : Uint32Array.from({ length: rows }, (_, i) => words[i * size]!);
  return { targets, ...(isWeighted && { weights: Float64Array.from({ length: rows }, (_, i) => floats[(i + 1) * size - 1]!) }) };
}

/** Losses, hits and the gradient of a replica's outputs, as the loss's reference has them. */
export function lossOf(run: Run<LossShapes>, row: Row, replica: number, outputs: Float64Array): reference.LossResult {
  const { rows, classes, loss: { type, target, entry, classWeights, isPlain } } = run.shape, own = row.layers[entry]!;
  const { count, groupCount } = row, divisor = isPlain ? groupCount : own.scale, shared = { ...targetsOf(run, replica), batch: rows, count };
  if (type !== 'softmax-cross-entropy') return reference.elementLoss({ ...shared, loss: type as reference.ElementLoss, number: own.first, outputs, divisor, width: classes });
  return reference.softmaxCrossEntropy({
    ...shared, logits: outputs, groupCount: divisor, classes, isVector: target.isVector, ...(!isPlain && { smoothing: own.first }),
    ...(classWeights && { classWeights: run.floats('classWeights') }),
  });
}

/** Losses of the valid rows, negative for a miss. */
function putSamples(
  run: Run<LossShapes>, { slot, count }: Row, replica: number, { losses, hits }: reference.LossResult,
): void {
  const { batch, samplesStride } = run.shape;
  // A miss without a loss is told by the smallest number.
  const signed = losses.subarray(0, count).map((loss, i) => (hits[i] === 1 ? loss : -(run.shape.loss.isPlain ? loss : (Math.abs(loss) < 2 ** -126 ? 2 ** -126 : loss))));
  run.floats('samples').set(signed, replica * samplesStride + slot * batch);
}

const rowLoss = (outputs: string): Twin<SoftmaxCrossEntropyShape> => (run) => {
  const { rows, columns, classes } = run.shape, size = { rows, columns, width: classes };
  eachActive(run, (row, replica) => {
    const result = lossOf(run, row, replica, take(viewed(run, outputs, replica, size)));
    put(viewed(run, 'gradient', replica, size), result.gradient);
    putSamples(run, row, replica, result);
  });
};

export const softmaxCrossEntropy = rowLoss('logits');
export const elementLoss: Twin<ElementLossShape> = rowLoss('outputs');

export const head: Twin<HeadShape> = (run) => {
  const { rows, inputs, columns, width, classes, weight, bias, parametersStride, inputGradient, below } = run.shape;
  const ofInput = { rows, columns: inputs, width };
  eachActive(run, (row, replica) => {
    const data = run.floats('parameters'), first = replica * parametersStride;
    const input = take(viewed(run, 'input', replica, ofInput)), weights = take({ data, at: first + weight, rows: width, columns, width: classes });
    const layer = { weight: weights, batch: rows, inWidth: width, outWidth: classes };
    const result = lossOf(run, row, replica, reference.denseForward({
      ...layer, input, bias: take({ data, at: first + bias, rows: 1, columns, width: classes }), activation: 'none',
    }));
    put(viewed(run, 'delta', replica, { rows, columns, width: classes }), result.gradient);
    if (inputGradient) {
      const gradient = reference.denseInputGradient({ ...layer, delta: result.gradient, below: { ...layerBelow(row, below, input, rows), output: input } });
      put(viewed(run, 'output', replica, ofInput), gradient);
    }
    putSamples(run, row, replica, result);
  });
};
