/** Operations become dispatches to be: kernels with their shapes and bindings. */

import { denseForward, denseInputGradient, gather, head } from '../kernels/index.ts';
import type { Product } from '../kernels/tile.ts';
import { pad4 } from '../model/arena.ts';
import { lossTypeOf } from '../model/losses/index.ts';
import type { HeadOp, InputOp, LossOp, Op, PredictionOp, ProductOp } from '../ops/op.ts';
import { operation, type Operation } from '../scheduler/graph.ts';
import { lossShape } from './loss-shape.ts';
import { paddedBatch, rowShape, samplesStride } from './build.ts';
import { belowOf, dropoutOf, stepOf, storedOf } from './below.ts';
import { lowerLate } from './late.ts';
import { slopesAt, UNUSED, weightsAt, type Lowering } from './lowering.ts';
import { lowerNetworkUpdate } from './lower-update.ts';
import { tileFor } from './tiles.ts';

export function lower(context: Lowering, op: Op): Operation[] {
  switch (op.op) {
    case 'input': return [lowerInput(context, op)];
    case 'product': return [op.kind === 'forward' ? lowerForward(context, op) : lowerInputGradient(context, op)];
    case 'loss': return [lowerLoss(context, op)];
    case 'prediction': return [lowerPrediction(context, op)];
    case 'head': return [lowerHead(context, op)];
    case 'networkUpdate': return [lowerNetworkUpdate(context, op)];
    default: return lowerLate(context, op);
  }
}

const product = (rows: number, columns: number, depth: number): Product => ({ rows, columns, depth });

function lowerInput({ build, data, training }: Lowering, { label, output, steps }: InputOp): Operation {
  const { inputs: width } = build.network;
  const { format, inputWords, normalised, target } = data;
  return operation({
    kernel: gather,
    label,
    shape: {
      row: rowShape(build), rows: paddedBatch(build), columns: pad4(width), width,
      format, inputWords, normalised, shuffled: training, dropout: dropoutOf(steps), targetWords: target.words, labelWords: target.labelWords,
    },
    bindings: {
      inputs: `${data.name}.inputs`, labels: `${data.name}.labels`,
      order: training ? `${data.name}.order` : `${data.name}.labels`,
      output, targets: 'targets', ...(normalised && { normalisation: `${data.name}.normalisation` }),
    },
  });
}

function lowerForward(context: Lowering, { label, input, weight, transposed, bias, output, steps }: ProductOp): Operation {
  const { build, widths } = context, { buffer, offset, stride } = weightsAt(context);
  const { tensors } = build.network, activate = stepOf(steps, 'activate');
  const made = product(paddedBatch(build), pad4(widths[output]!), pad4(widths[input]!));
  return operation({
    kernel: denseForward,
    label,
    shape: {
      row: rowShape(build),
      product: made,
      tile: tileFor(build.tiles.forward, made),
      width: widths[output]!,
      transposed,
      weight: offset + tensors[weight]!.offset,
      bias: offset + tensors[bias!]!.offset,
      parametersStride: stride,
      activation: activate?.activation,
      entry: activate?.entry,
      slopes: slopesAt(context, activate),
      dropout: dropoutOf(steps),
      keeps: activate?.kept !== undefined,
    },
    bindings: { parameters: buffer, input, output, ...(activate?.kept !== undefined && { preactivation: activate.kept }) },
  });
}

function lowerInputGradient({ build, widths }: Lowering, { label, input, weight, transposed, of, output, steps }: ProductOp): Operation {
  const made = product(paddedBatch(build), pad4(widths[output]!), pad4(widths[input]!));
  return operation({
    kernel: denseInputGradient,
    label,
    shape: {
      row: rowShape(build),
      product: made,
      tile: tileFor(build.tiles.inputGradient, made),
      width: widths[output]!,
      transposed,
      weight: build.network.tensors[weight]!.offset,
      parametersStride: build.network.stride,
      below: belowOf(steps),
    },
    bindings: { parameters: 'parameters', delta: input, input: storedOf(steps, of!), output },
  });
}

/** Sizes that the kernels of the loss share. */
const lossSizes = ({ build, data }: Lowering, classes: number) => ({
  row: rowShape(build), loss: lossShape(build, data), rows: paddedBatch(build), columns: pad4(classes), classes, batch: build.batchSize, samplesStride: samplesStride(build),
});

function lowerLoss(context: Lowering, { label, input, output }: LossOp): Operation {
  const { kernel } = lossTypeOf(context.build.loss), shape = lossSizes(context, context.widths[input]!);
  return operation({
    kernel,
    label,
    shape,
    // The first storage binding is what it is a loss of: logits, or outputs.
    bindings: {
      [kernel.bindings[1]!.name]: input, targets: 'targets', gradient: output, samples: 'samples', ...(shape.loss.classWeights && { classWeights: 'classWeights' }),
    },
  });
}

const lowerPrediction = ({ build, widths }: Lowering, { label, kernel, input, output }: PredictionOp): Operation => operation({
  kernel,
  label,
  shape: { row: rowShape(build), rows: paddedBatch(build), columns: pad4(widths[input]!), classes: widths[input]! },
  bindings: { logits: input, output },
});

function lowerHead(context: Lowering, { label, input, weight, bias, output, inputGradient }: HeadOp): Operation {
  const { build, widths } = context, { tensors, stride } = build.network;
  const steps = inputGradient?.steps ?? [];
  return operation({
    kernel: head,
    label,
    shape: {
      ...lossSizes(context, widths[output]!), inputs: pad4(widths[input]!), width: widths[input]!,
      weight: tensors[weight]!.offset, bias: tensors[bias]!.offset, parametersStride: stride,
      inputGradient: inputGradient !== undefined, below: belowOf(steps),
    },
    bindings: {
      parameters: 'parameters', input, targets: 'targets', delta: output, output: inputGradient?.output ?? UNUSED, samples: 'samples',
    },
  });
}
