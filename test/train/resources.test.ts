/** What a whole epoch of `fit` asks of the GPU, counted from outside. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fusion } from '../../src/compile/tiles.ts';
import { rowEntryBytes } from '../../src/compile/rows.ts';
import { estimateMemory, planOf } from '../../src/train/estimate.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { fitAll, OPTIMIZERS, smallConfig, smallData, trainingData, validationData } from '../cases/network/support.ts';
import { useDevice } from './device.ts';
import { MAKERS, Watch } from './watch.ts';

const device = useDevice();
let watch: Watch;
beforeEach(() => { watch = new Watch(device().gpu); });
afterEach(() => watch.restore());

const align = (bytes: number): number => Math.ceil(bytes / 256) * 256;

const RUNS = [
  { name: 'R = 1', replicas: [{}], seeds: 1 },
  // The third shares the first one's seed, and so its permutation.
  { name: 'R = 3', replicas: [{}, { seed: 21 }, { l1: 0 }], seeds: 2 },
] as const;

describe.each(RUNS)('an epoch with $name', ({ replicas, seeds }) => {
  test.each(['none', 'layer', 'full'] as const)('makes nothing, uploads rows, permutation and marks only, fusion %s', async (fusion) => {
    const config = smallConfig({ replicas, fusion });
    const [train, validation] = [trainingData(), validationData()];
    const trainer = await Trainer.create(device(), config);
    let firstSubmit = 0;
    let events = 0;
    for await (const epoch of trainer.fit(train, {
      epochs: 2, validation, stepsPerSubmit: 4,
      onProgress: ({ step }) => { if (step === 4) firstSubmit = watch.calls.findIndex(({ name }) => name === 'submit'); },
    })) {
      events++;
      if (epoch.epoch === 2) break;
    }
    expect(events).toBe(2);
    expect(firstSubmit).toBeGreaterThan(0);
    const dispatched = watch.count('dispatchWorkgroups');
    // Anything that was made before the first submit is creation; rows and permutation are uploaded right before it.
    const setup = watch.calls.splice(0, firstSubmit);
    expect(watch.calls.filter(({ name }) => (MAKERS as readonly string[]).includes(name))).toEqual([]);
    expect(watch.count('destroy')).toBe(0);

    const [trainSteps, evaluateSteps] = [6, 3];
    const [trainSubmits, evaluateSubmits] = [2, 2]; // 4 + 2 steps; 1 + 2 at the start of the pace
    const kept = 1 + 2; // the weights that training begins with, and those that an epoch's evaluation found good: copies within the GPU
    const submits = kept + 2 * (trainSubmits + 1 + evaluateSubmits);
    expect(watch.count('submit')).toBeLessThanOrEqual(submits);
    expect(watch.count('mapAsync', 'onSubmittedWorkDone')).toBeLessThanOrEqual(watch.count('submit') + 2);

    const rowStride = align(replicas.length * rowEntryBytes({ tensors: 6, groups: 6, layers: 3 }));
    const rows = 2 * (trainSteps + 1 + evaluateSteps);
    const before = setup.filter(({ name, label }) => name === 'writeBuffer' && (label === 'rows' || label.endsWith('.order')));
    const uploads = watch.uploads();
    for (const { label, bytes } of before) uploads[label] = (uploads[label] ?? 0) + bytes;
    // Marks: a word at both ends of where an epoch's weights and state are kept.
    const marks = 2 * 2 * 4 * replicas.length;
    expect(uploads).toEqual({ rows: rows * rowStride, 'data.0.order': 2 * 4 * train.length * seeds, 'snapshot.parameters': marks, 'snapshot.state': marks });

    const dispatches = planOf(config, 'software').dispatches.length;
    const snapshots = 2; // parameters and momentum
    const evaluation = 1 + 3 + 1; // gather, three layers, loss
    expect(dispatched).toBe(
      2 * (trainSteps * dispatches + trainSubmits * snapshots + 1 + evaluateSteps * evaluation));
    expect(watch.count('dispatchWorkgroupsIndirect', 'clearBuffer')).toBe(0);
    // Read back: per training submit the samples of every replica and the flags; sums; samples per evaluation submit. Marked as
    // not yet written: all of that but the flags, and where it arrives, with one word behind it.
    const copies = (fresh: number, others = 0): number => 2 * fresh + others + 2;
    const least = kept * snapshots * replicas.length + 2 * (trainSubmits * copies(replicas.length, 1) + copies(1));
    expect(watch.count('copyBufferToBuffer')).toBeGreaterThanOrEqual(least);
    expect(watch.count('copyBufferToBuffer')).toBeLessThanOrEqual(least + 2 * evaluateSubmits * copies(replicas.length));
    trainer.destroy();
  });
});

describe('memory', () => {
  const configs: [string, TrainerConfig][] = [
    ...Object.entries(OPTIMIZERS).map(([name, make]): [string, TrainerConfig] => [name, smallConfig({ optimizer: make() })]),
    ...(['none', 'full'] as Fusion[]).map((fusion): [string, TrainerConfig] => [`fusion ${fusion}`, smallConfig({ fusion })]),
    ['three replicas of two seeds, fully fused', smallConfig({ fusion: 'full', replicas: [{}, { seed: 2 }, { l1: 0 }] })],
    ['one row per submit', smallConfig({ maxStepsPerSubmit: 1, batchSize: 1 })],
  ];

  test.each(configs)('live bytes are memory() and estimateMemory(): %s', async (_, config) => {
    const [train, validation] = [trainingData(), validationData()];
    const trainer = await Trainer.create(device(), config);
    expect(trainer.memory().total).toBe(watch.liveBytes);
    // The tables of the full fusion come with its plan.
    if (config.fusion !== 'full') expect(estimateMemory(config, { adapter: 'software' })).toEqual(trainer.memory());
    await fitAll(trainer, train, { epochs: 1, validation });
    expect(trainer.memory().total).toBe(watch.liveBytes);
    expect(estimateMemory(config, { train, evaluate: [validation], adapter: 'software' })).toEqual(trainer.memory());
    const { total, ...parts } = trainer.memory();
    expect(Object.values(parts).reduce((a, b) => a + b, 0)).toBe(total);
    await trainer.predict(validation);
    await trainer.predict(new Float32Array(13));
    await trainer.save();
    expect(trainer.memory().total).toBe(total);
    expect(watch.liveBytes).toBe(total);
    trainer.destroy();
    expect(trainer.memory().total).toBe(0);
    expect(watch.liveBytes).toBe(0);
    trainer.destroy();
  });

  test('a data set that is no longer used makes room for the next', async () => {
    const trainer = await Trainer.create(device(), smallConfig());
    const sets = Array.from({ length: 7 }, (_, id) => smallData(20 + id, { id }));
    const sizes: number[] = [];
    for (const set of sets) {
      await trainer.evaluate(set);
      sizes.push(watch.liveBytes);
      expect(trainer.memory().total).toBe(watch.liveBytes);
    }
    const perSample = 16 + 4; // thirteen bytes padded to sixteen, and a label
    expect(sizes[3]! - sizes[0]!).toBe((21 + 22 + 23) * perSample);
    expect(sizes[6]! - sizes[3]!).toBe((24 + 25 + 26 - 20 - 21 - 22) * perSample);
    trainer.destroy();
    expect(watch.liveBytes).toBe(0);
  });

  test('create, train, destroy, twenty times over, leaves nothing', async () => {
    for (let i = 0; i < 20; i++) {
      const trainer = await Trainer.create(device(), smallConfig());
      await fitAll(trainer, trainingData(), { epochs: 1, steps: 2 });
      trainer.destroy();
      expect(watch.liveBytes).toBe(0);
    }
  });
});
