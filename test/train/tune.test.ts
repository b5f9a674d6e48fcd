/** The tuner on a device: what it takes, what it refuses, what it leaves. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { knowEverything } from '../../src/compile/all.ts';
import { type GradshaderError, InputError, OutOfMemoryError, ShaderError } from '../../src/errors.ts';
import { dense, dropout, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { adam } from '../../src/model/optimizers/index.ts';
import type { Fusion, Tiles } from '../../src/compile/tiles.ts';
import { bufferBytes } from '../../src/scheduler/buffers.ts';
import { prepare } from '../../src/train/prepare.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { readTraining } from '../../src/train/restore.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { adapterTraits } from '../../src/train/traits.ts';
import { Bench, benchBuffers } from '../../src/train/tune/bench.ts';
import type { TuneOptions, TuneRecord, TuneReport } from '../../src/train/tune/option.ts';
import { subjectsOf, type Subject } from '../../src/train/tune/subjects.ts';
import { needsOf, tuneTiles } from '../../src/train/tune/tune.ts';
import { expectSame, fitAll, smallConfig, tensorBits, trainingData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';
import { Watch } from './watch.ts';

knowEverything(); // Plans are asked for without a trainer.

const device = useDevice();
let watch: Watch;
beforeEach(() => { watch = new Watch(device().gpu); });
afterEach(() => {
  watch.restore();
  expect(watch.liveBytes).toBe(0);
});

const now = (): number => performance.now();
const model = sequential([13], [dropout(0.1), dense(24), relu(), dropout(0.2), dense(18), relu(), dense(5)]);
const config = (changes: Partial<TrainerConfig> = {}): TrainerConfig => smallConfig({ model, ...changes });
const prepared = (changes: Partial<TrainerConfig> = {}) => prepare(config(changes), adapterTraits(device()));
/** Time for the first default and no more. */
const SHORT = { budgetMilliseconds: 1, cache: false } as const;

/** Each product of a small network, its default (4 x 4 outputs per thread) with one larger tile. */
function subjects(changes: Partial<TrainerConfig> = {}): Subject[] {
  return subjectsOf(prepared(changes).build, needsOf(device())).map((subject) => {
    const [usual, ...others] = subject.candidates;
    const other = others.find(({ name }) => name === 'direct-8x8') ?? others.find(({ name }) => /^direct-\d+x[48](@|$)/.test(name));
    return { ...subject, candidates: [usual, other!] };
  });
}

/** Changes the text of every shader that holds all of these words. */
function changeShaders(words: readonly RegExp[], change: (code: string) => string): () => void {
  const prototype = Object.getPrototypeOf(device().gpu) as GPUDevice;
  const original = prototype.createShaderModule;
  prototype.createShaderModule = function (this: GPUDevice, descriptor) {
    const isMeant = words.every((word) => word.test(descriptor.code));
    return original.call(this, isMeant ? { ...descriptor, code: change(descriptor.code) } : descriptor);
  };
  return () => { prototype.createShaderModule = original; };
}

async function withBench<T>(changes: Partial<TrainerConfig>, work: (bench: Bench, all: readonly Subject[]) => Promise<T>): Promise<T> {
  const all = subjects(changes);
  const bench = await Bench.create(device(), prepared(changes), all);
  try {
    return await work(bench, all);
  } finally {
    bench.destroy();
  }
}

const refusal = (promise: Promise<unknown>): Promise<GradshaderError> =>
  promise.then(() => { throw new Error('It was not refused.'); }, (error: GradshaderError) => error);

describe('candidates', () => {
  test.each(['none', 'layer', 'full'] as const)('compute what the default computes, fusion %s', async (fusion) => {
    await withBench({ fusion, replicas: [{}, { seed: 4 }] }, async (bench, all) => {
      expect(all.length).toBeGreaterThan(2);
      for (const subject of all) {
        for (const contender of bench.contenders(subject, now)) {
          await contender.prepare();
          expect(await contender.time(3)).toBeGreaterThan(0);
        }
      }
    });
  });

  test('under an optimizer that looks at signs, too', async () => {
    await withBench({ optimizer: adam({ learningRate: 0.01 }) }, async (bench, all) => {
      for (const subject of all.filter(({ product }) => product === 'weightGradient')) {
        for (const contender of bench.contenders(subject, now)) await contender.prepare();
      }
    });
  });

  const WRONG: [string, Fusion, string][] = [['sums that forget their last part', 'layer', 'forward'], ['the same in an update', 'full', 'weightGradient']];
  test.each(WRONG)('with wrong numbers are refused: %s', async (_, fusion, product) => {
    const restore = changeShaders([/COLUMN_BLOCKS: u32 = 2u/], (code) =>
      code.replace(/const DEPTH4: u32 = (\d+)u;/, (_line, depth: string) => `const DEPTH4: u32 = ${Number(depth) - 1}u;`));
    try {
      await withBench({ fusion }, async (bench, all) => {
        const [usual, other] = bench.contenders(all.find((subject) => subject.product === product && subject.shape === 'wide')!, now);
        await usual!.prepare();
        const error = await refusal(other!.prepare());
        expect(error.code).toBe('wrong-numbers');
        expect(error.message).toMatch(/^\d+ of \d+ numbers in (activations\.\d|parameters|state) are not those of the default tile/);
      });
    } finally {
      restore();
    }
  });

  test('that write nothing are refused: what the default wrote is not there any more', async () => {
    const restore = changeShaders([/COLUMN_BLOCKS: u32 = 2u/], (code) => code.replace(/(fn main\([^{]*\{)/, '$1 if (ROWS > 0u) { return; }'));
    try {
      await withBench({}, async (bench, all) => {
        const [usual, other] = bench.contenders(all.find(({ product, shape }) => product === 'forward' && shape === 'wide')!, now);
        await usual!.prepare();
        expect((await refusal(other!.prepare())).code).toBe('wrong-numbers');
      });
    } finally {
      restore();
    }
  });

  test('that do not compile are refused and reported, and the trainer is made', async () => {
    const restore = changeShaders([/\b(ROW|COLUMN)_BLOCKS: u32 = [234]u/], (code) => `${code}\nnot WGSL`);
    try {
      await withBench({}, async (bench, [subject]) => {
        const [usual, other] = bench.contenders(subject!, now);
        await usual!.prepare();
        expect(await refusal(other!.prepare())).toBeInstanceOf(ShaderError);
      });
      let report: TuneReport | undefined;
      const trainer = await Trainer.create(device(), config({ tune: { budgetMilliseconds: 60_000, cache: false, onReport: (one) => { report = one; } } }));
      expect(trainer.config.tiles).toEqual(report!.tiles);
      const refused = report!.choices.flatMap(({ candidates }) => candidates.filter(({ verdict }) => verdict === 'refused'));
      expect(refused.length).toBeGreaterThan(0);
      expect(refused[0]!.reason).toContain('was refused');
      trainer.destroy();
    } finally {
      restore();
    }
  });
});

describe('the option', () => {
  const CHOSEN: Tiles = {
    forward: { wide: { rowBlocks: 1, columnBlocks: 2, workgroupX: 8, workgroupY: 8 }, narrow: { rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 8 } },
    inputGradient: { wide: { rowBlocks: 2, columnBlocks: 1, workgroupX: 8, workgroupY: 8 }, narrow: { rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 16 } },
    weightGradient: { wide: { rowBlocks: 1, columnBlocks: 1, workgroupX: 8, workgroupY: 4 }, narrow: { rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 16 } },
  };
  const memory = (kept = new Map<string, TuneRecord>()) => ({
    kept,
    get: (key: string) => kept.get(key) ?? [...kept.values()][0],
    set: (key: string, record: TuneRecord) => void kept.set(key, record),
  });
  const known = memory(new Map([['any', { about: 'a test', tiles: CHOSEN }]]));

  test('takes the cache\'s tiles without timing anything', async () => {
    const reports: TuneReport[] = [];
    const trainer = await Trainer.create(device(), config({ tune: { cache: known, onReport: (report) => reports.push(report) } }));
    expect(trainer.config.tiles).toEqual(CHOSEN);
    expect(trainer.config).not.toHaveProperty('tune');
    expect(reports).toMatchObject([{ cached: true, choices: [], tiles: CHOSEN }]);
    expect(watch.liveBytes).toBe(trainer.memory().total);
    trainer.destroy();
  });

  test('a checkpoint holds the tiles, and going on from it is going on with them, bit for bit', async () => {
    const data = trainingData();
    const whole = await withTrainer(device(), config({ tune: { cache: known } }), async (trainer) =>
      [await fitAll(trainer, data, { epochs: 2 }), await tensorBits(trainer)] as const);
    const { bytes, first } = await withTrainer(device(), config({ tune: { cache: known } }), async (trainer) =>
      ({ first: await fitAll(trainer, data, { epochs: 2, steps: 6 }), bytes: await trainer.save() }));
    const { training } = readTraining(bytes, 'tuned');
    expect(training.config.tiles).toEqual(CHOSEN);
    expect(training.config).not.toHaveProperty('tune');
    const trainer = await Trainer.load(device(), bytes, { verify: 'off' });
    expect(trainer.config.tiles).toEqual(CHOSEN);
    const rest = await fitAll(trainer, data, { epochs: 2 });
    expectSame('history', [...first, ...rest], whole[0]);
    expectSame('tensors', await tensorBits(trainer), whole[1]);
    trainer.destroy();
  });

  test('keeps what it chose, for the next time', async () => {
    const cache = memory();
    const first = await tuneTiles(device(), prepared(), { budgetMilliseconds: 1, cache });
    expect(first).toMatchObject({ cached: false, about: '13-24-18-5, batch 8, 1 replica, fusion layer', cache: { place: 'a cache' } });
    expect(first.choices.map(({ candidates, winner }) => candidates[0]!.name === winner)).toEqual(first.choices.map(() => true));
    expect([...cache.kept.values()]).toEqual([{ about: expect.stringContaining(device().adapter.name) as string, tiles: first.tiles }]);
    const made = watch.count('createShaderModule', 'createBuffer');
    expect(await tuneTiles(device(), prepared(), { cache })).toMatchObject({ cached: true, tiles: first.tiles });
    expect(watch.count('createShaderModule', 'createBuffer')).toBe(made);
    expect(await tuneTiles(device(), prepared(), { budgetMilliseconds: 1, cache }, { remeasure: true })).toMatchObject({ cached: false });
  });

  const fails = (): never => { throw new Error('storage is full'); };
  test.each([
    ['throws', { get: fails, set: fails }, 'storage is full'],
    ['rejects', { get: async () => fails(), set: async () => fails() }, 'storage is full'],
    ['gives no tiles', { get: () => ({ about: '', tiles: { wide: 3 } }), set: () => {} }, 'tiles'],
    ['gives something else', { get: () => 'nonsense', set: () => {} }, undefined],
  ])('measures where the cache %s', async (_, cache, problem) => {
    const report = await tuneTiles(device(), prepared(), { budgetMilliseconds: 1, cache: cache as unknown as TuneOptions['cache'] });
    expect(report.cached).toBe(false);
    if (problem === undefined) expect(report.cache).toEqual({ place: 'a cache' });
    else expect(report.cache!.problem).toContain(problem);
  });

  test('stops with the signal\'s reason, before and while it times', async () => {
    const reason = new Error('enough');
    await expect(Trainer.create(device(), config({ tune: { ...SHORT, signal: AbortSignal.abort(reason) } }))).rejects.toBe(reason);
    expect(watch.count('createBuffer')).toBe(0);
    const stop = new AbortController();
    await expect(Trainer.create(device(), config({ tune: { cache: false, signal: stop.signal, onProgress: () => stop.abort(reason) } }))).rejects.toBe(reason);
    expect(watch.count('createBuffer')).toBeGreaterThan(0);
    expect(watch.liveBytes).toBe(0);
  });

  test('is left out where its buffers are beyond the budget of memory', async () => {
    const changes = { maxStepsPerSubmit: 1, batchSize: 256 };
    const { total } = await withTrainer(device(), config(changes), async (trainer) => trainer.memory());
    const reports: TuneReport[] = [];
    const tune: TuneOptions = { ...SHORT, onReport: (report) => reports.push(report) };
    const trainer = await Trainer.create(device(), config({ ...changes, memoryBudgetBytes: total, tune }));
    const bytes = benchBuffers(prepared(changes), subjectsOf(prepared(changes).build, needsOf(device()))).reduce((sum, spec) => sum + bufferBytes(spec), 0);
    expect(bytes).toBeGreaterThan(total);
    expect(reports[0]!.skipped).toBe(`it takes ${bytes} bytes of GPU memory, the budget is ${total}`);
    expect(trainer.config.tiles).toEqual(prepared(changes).build.tiles);
    trainer.destroy();
    expect(await refusal(tuneTiles(device(), prepared({ ...changes, memoryBudgetBytes: 100 }), SHORT))).toBeInstanceOf(OutOfMemoryError);
  });

  test.each([
    [7, 'tune takes an object with'], [{ budgetMilliseconds: 0 }, 'above 0'], [{ budgetMilliseconds: Number.NaN }, 'above 0'],
    [{ cache: {} }, 'get\\(key\\) and set\\(key, record\\)'], [{ cache: null }, 'get\\(key\\)'],
  ])('refuses %j', async (tune, words) => {
    const error = await refusal(Trainer.create(device(), config({ tune: tune as TuneOptions })));
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toMatch(new RegExp(words));
    expect(watch.count('createBuffer')).toBe(0);
  });

  test('is off unless it is asked for', async () => {
    for (const tune of [undefined, false]) {
      const made = watch.count('createShaderModule');
      const trainer = await Trainer.create(device(), config({ tune }));
      expect(trainer.config.tiles).toEqual(prepared().build.tiles);
      expect(trainer.config).not.toHaveProperty('tune');
      trainer.destroy();
      expect(watch.count('createShaderModule') - made).toBeLessThan(8);
    }
  });
});
