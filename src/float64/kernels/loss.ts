/** Softmax, its cross-entropy, and the head that fuses the last layer with both. */

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

const targetsOf = (run: Run<SoftmaxCrossEntropyShape | HeadShape>, { count }: Row, replica: number): Uint32Array => {
  const first = replica * run.shape.rows;
  return run.words('targets').subarray(first, first + count);
};

/** Losses of the valid rows, negative for a miss. */
function putSamples(
  run: Run<SoftmaxCrossEntropyShape | HeadShape>, { slot, count }: Row, replica: number, { losses, hits }: reference.SoftmaxCrossEntropyResult,
): void {
  const { batch, samplesStride } = run.shape;
  const signed = losses.subarray(0, count).map((loss, i) => (hits[i] === 1 ? loss : -loss));
  run.floats('samples').set(signed, replica * samplesStride + slot * batch);
}

export const softmaxCrossEntropy: Twin<SoftmaxCrossEntropyShape> = (run) => {
  const { rows, columns, classes } = run.shape, size = { rows, columns, width: classes };
  eachActive(run, (row, replica) => {
    const result = reference.softmaxCrossEntropy({
      logits: take(viewed(run, 'logits', replica, size)), targets: targetsOf(run, row, replica),
      batch: rows, count: row.count, groupCount: row.groupCount, classes,
    });
    put(viewed(run, 'gradient', replica, size), result.gradient);
    putSamples(run, row, replica, result);
  });
};

export const head: Twin<HeadShape> = (run) => {
  const { rows, inputs, columns, width, classes, weight, bias, parametersStride, inputGradient, below } = run.shape;
  const ofInput = { rows, columns: inputs, width };
  eachActive(run, (row, replica) => {
    const data = run.floats('parameters'), first = replica * parametersStride;
    const input = take(viewed(run, 'input', replica, ofInput));
    const result = reference.head({
      input, targets: targetsOf(run, row, replica),
      weight: take({ data, at: first + weight, rows: width, columns, width: classes }),
      bias: take({ data, at: first + bias, rows: 1, columns, width: classes }),
      batch: rows, count: row.count, groupCount: row.groupCount, inWidth: width, classes, below: layerBelow(row, below, input, rows),
    });
    put(viewed(run, 'delta', replica, { rows, columns, width: classes }), result.gradient);
    if (inputGradient) put(viewed(run, 'output', replica, ofInput), result.inputGradient);
    putSamples(run, row, replica, result);
  });
};
