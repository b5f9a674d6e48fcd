import { expect, test } from 'vitest';
import { CurveRecorder } from '../../demo/curves.ts';
import { failureOf } from '../../demo/failure.ts';
import { formatMilliseconds, formatPercent, formatSeconds } from '../../demo/format.ts';
import { configOf, trainingSet } from '../../demo/network.ts';
import { DEFAULTS, describe as inWords, expectedSeconds, type Settings } from '../../demo/settings.ts';
import { BadFileError, DeviceLostError, NonFiniteError } from '../../src/errors.ts';
import { dataset, type Progress } from '../../src/index.ts';

const settings: Settings = { regularization: 'none', optimizer: 'adam', learningRate: 0.001, epochs: 2, images: 4, shuffled: false };

const progress = (epoch: number, stepInEpoch: number, loss: number, accuracy: number): Progress => ({
  epoch, epochs: 2, stepInEpoch, stepsPerEpoch: 3, step: (epoch - 1) * 3 + stepInEpoch, loss, accuracy,
  imagesPerSecond: 1, stepMilliseconds: 1, stepsPerSubmit: 1, encodeMilliseconds: 1, secondsLeft: 1,
});

test('curves show the mean of the newest steps, by the epoch, with a smaller last batch', () => {
  // 5 samples in batches of 2, 2, 1 with losses 4, 2, 1 and hits 0, 1, 1.
  const recorder = new CurveRecorder(5, 2);
  recorder.progress(progress(1, 1, 4, 0));
  recorder.progress(progress(1, 2, (2 * 4 + 2 * 2) / 4, 1 / 4));
  recorder.progress(progress(1, 3, (2 * 4 + 2 * 2 + 1) / 5, 2 / 5));
  recorder.progress(progress(1, 3, (2 * 4 + 2 * 2 + 1) / 5, 2 / 5)); // nothing new
  recorder.progress(progress(2, 2, 0.5, 0.75)); // one event was dropped
  recorder.epoch({ epoch: 1, validation: { loss: 3, accuracy: 0.5 } });
  const { trainLoss, trainAccuracy, testLoss, testAccuracy } = recorder.curves;
  expect(trainLoss.map(({ x }) => x)).toEqual([1 / 3, 2 / 3, 1, 1 + 2 / 3]);
  [4, 2, 1, 0.5].forEach((loss, i) => expect(trainLoss[i]!.y).toBeCloseTo(loss, 12));
  [0, 0.5, 1, 0.75].forEach((accuracy, i) => expect(trainAccuracy[i]!.y).toBeCloseTo(accuracy, 12));
  expect(testLoss).toEqual([{ x: 1, y: 3 }]);
  expect(testAccuracy).toEqual([{ x: 1, y: 0.5 }]);
});

test('settings become the configuration they name', () => {
  expect(configOf(settings).model.layers.map((layer) => (layer.type === 'dense' ? layer.units : layer.type)))
    .toEqual([1000, 'relu', 500, 'relu', 10]);
  expect(configOf(settings).optimizer).toMatchObject({ rule: 'adam', hyperparameters: { learningRate: 0.001 }, regularizers: [] });
  const dropped = configOf({ ...settings, regularization: 'dropout', optimizer: 'momentum', learningRate: 0.05 });
  expect(dropped.model.layers.flatMap((layer) => (layer.type === 'dropout' ? [layer.rate] : []))).toEqual([0.2, 0.5, 0.5]);
  expect(dropped.optimizer).toMatchObject({ rule: 'momentum', hyperparameters: { momentum: 0.9, learningRate: 0.05 } });
  for (const [type, strength] of [['l1', 1e-5], ['l2', 1e-4]] as const) {
    expect(configOf({ ...settings, regularization: type }).optimizer.regularizers).toMatchObject([{ type, strength }]);
  }
});

test('the control experiment permutes labels and nothing else', () => {
  const all = dataset({ inputs: Uint8Array.from({ length: 60 }, (_, i) => i), targets: Array.from({ length: 60 }, (_, i) => i % 10), shape: [1] });
  const plain = trainingSet({ ...settings, images: 40 }, all);
  expect(plain).toMatchObject({ length: 40, classes: 10 });
  expect(Array.from(plain.targets)).toEqual(Array.from(all.targets.subarray(0, 40)));
  const shuffled = trainingSet({ ...settings, images: 40, shuffled: true }, all);
  expect(shuffled.inputs).toEqual(plain.inputs);
  expect(Array.from(shuffled.targets)).not.toEqual(Array.from(plain.targets));
  expect(Array.from(shuffled.targets).sort()).toEqual(Array.from(plain.targets).sort());
  expect(trainingSet({ ...settings, images: 1000 }, all).length).toBe(60);
});

test('what may be a software adapter is offered as little as one', () => {
  expect(DEFAULTS.unknown).toEqual(DEFAULTS.software);
});

test('expected time counts the test after each epoch as a third of its steps', () => {
  expect(expectedSeconds(469, 1, 100)).toBeCloseTo((469 + 79 / 3) / 10, 12);
});

test('errors say what happened and what to do, in plain words', () => {
  const diverged = failureOf(new NonFiniteError(7, 'layers.0.weight', 0, ''));
  expect(diverged.what).toContain('diverged');
  expect(diverged.advice).toContain('learning rate');
  expect(diverged.detail).toContain('layers.0.weight');
  expect(failureOf(new DeviceLostError('gone')).advice).toContain('Start');
  expect(failureOf(new BadFileError('x', 'not there')).advice).toContain('npm run demo');
  expect(failureOf('odd')).toMatchObject({ detail: 'odd' });
});

test('numbers read well', () => {
  expect([0.5, 3.14159, 14.2, 147.4].map(formatMilliseconds)).toEqual(['0.500 ms', '3.14 ms', '14.2 ms', '147 ms']);
  expect([0.2, 59.4, 135, 3725].map(formatSeconds)).toEqual(['under 1 s', '59 s', '2 min 15 s', '1 h 2 min']);
  expect([formatPercent(0.98765, 2), formatPercent(undefined)]).toEqual(['98.77 %', '–']);
  expect(inWords(settings)).toBe('Adam, no regularization, 4 images');
  expect(inWords({ ...settings, regularization: 'l1', learningRate: 0.1, shuffled: true })).toBe('Adam, rate 0.1, L1, 4 images, shuffled labels');
});
