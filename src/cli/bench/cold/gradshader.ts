/** Cold start of this library: what a page of its README does, up to the first step's loss. */
import { dataset, l2, mlp, openDevice, sgd, softmaxCrossEntropy, Trainer } from '../../../index.ts';
import { BATCH, CLASSES, coldStart, DROPOUT, L2, LEARNING_RATE, MOMENTUM, samples, SIZES } from './data.ts';

void coldStart(async (stage) => {
  const device = await openDevice({ software: 'fallback' });
  stage('adapter and device');
  const [width, ...units] = SIZES;
  const trainer = await Trainer.create(device, {
    model: mlp([width], units, { dropout: DROPOUT.hidden, inputDropout: DROPOUT.input }),
    loss: softmaxCrossEntropy(),
    optimizer: sgd({ learningRate: LEARNING_RATE, momentum: MOMENTUM, regularizers: [l2(L2)] }),
    batchSize: BATCH,
    seed: 1,
    verify: 'off', // The others do not test themselves.
  });
  stage('weights, buffers and pipelines');
  const { images, labels } = samples();
  const train = dataset({ inputs: images, targets: labels, classes: CLASSES, shape: [width] });
  let loss = NaN;
  for await (const _ of trainer.fit(train, { epochs: 1, steps: 1, onProgress: (progress) => (loss = progress.loss) }));
  stage('data and first step');
  return loss;
});
