/** `compare --activations --inits`: what is compared, what is measured of it, and that measuring and stopping change nothing. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compare, type Comparison } from '../../src/cli/compare/compare.ts';
import { looksOf } from '../../src/cli/compare/deviation-charts.ts';
import { deviationNotes, deviationsOf, deviationTables, deviationText, shownLayers, type DeviationRow } from '../../src/cli/compare/deviations.ts';
import { openCompare } from '../../src/cli/compare/files.ts';
import { looksWithin } from '../../src/cli/compare/looks.ts';
import { compareConfig, replicasOf } from '../../src/cli/compare/methods.ts';
import { addCompareOptions, compareSettings, type CompareOptions } from '../../src/cli/compare/options.ts';
import { runCompare } from '../../src/cli/compare/session.ts';
import { nextStage } from '../../src/cli/compare/stages.ts';
import type { CompareFile } from '../../src/cli/compare/summary.ts';
import type { CompareSettings, RunRecord } from '../../src/cli/compare/types.ts';
import { variantGroups } from '../../src/cli/compare/variants.ts';
import { readerOf } from '../../src/cli/data.ts';
import { constant, glorotUniform, heNormal } from '../../src/model/inits/makers.ts';
import { dense, dropout, relu, tanh } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import type { LayerInspection, Statistics } from '../../src/train/inspect.ts';
import { writeData } from './cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradshader-variants-'));
  writeData(join(folder, 'data'), { train: 80, test: 20 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = (...words: string[]): Promise<CompareSettings> => {
  const command = addCompareOptions(new Command('compare').exitOverride().configureOutput({ writeErr: () => {} }));
  return compareSettings(command.parse(['--data', join(folder, 'data'), ...words], { from: 'user' }).opts<CompareOptions>());
};
const labels = ({ groups }: CompareSettings): string[] => groups.map(({ label }) => label);

describe('what is compared', () => {
  it('is each activation with each init, on eight layers of 64 units', async () => {
    const both = await settings('--activations', 'relu,tanh', '--inits', 'heNormal,constant,constant 0.5');
    expect(labels(both)).toEqual(['relu, heNormal', 'relu, constant 0.01', 'relu, constant 0.5', 'tanh, heNormal', 'tanh, constant 0.01', 'tanh, constant 0.5']);
    expect([both.base.hidden.length, both.looks]).toEqual([8, [0, 100]]);
    expect(labels(await settings('--activations', 'relu,tanh'))).toEqual(['relu', 'tanh']);
    expect((await settings('--inits', 'glorotUniform', '--hidden', '5', '--activation', 'tanh')).base).toMatchObject({ hidden: [5], activation: 'tanh' });
  });

  it('are networks of their own, each with its seeds as replicas', async () => {
    const own = await settings('--activations', 'tanh', '--inits', 'heNormal', '--hidden', '6,5', '--seeds', '2'), config = compareConfig(own, replicasOf(own.groups, own.seeds), [8, 8], 4);
    const init = heNormal();
    expect(config.model).toEqual(sequential([8, 8], [dense(6, { init }), tanh(), dense(5, { init }), tanh(), dense(4, { init })]));
    expect(config.replicas).toEqual([{ seed: 1 }, { seed: 2 }]);
    const layers = await settings('--activations', 'tanh,relu', '--layers', 'dense 6 gelu, dropout 0.5, dense');
    expect(compareConfig(layers, replicasOf(layers.groups.slice(1), [1]), [8, 8], 4).model).toEqual(sequential([8, 8], [dense(6), relu(), dropout(0.5), dense(4)]));
  });

  it('is trained one network after the other', async () => {
    const own = await settings('--activations', 'relu,tanh', '--seeds', '2');
    const runOf = (group: string): RunRecord => ({ stage: 'compare', samples: { train: 1, validation: 1, test: 1 }, evaluateEvery: 1, seconds: 1, isDone: true, replicas: [1, 2].map((seed) => ({ group, seed, overrides: {}, epochs: [] })) });
    expect(nextStage(own, [])!.replicas.map(({ group, seed }) => [group, seed])).toEqual([['relu', 1], ['relu', 2]]);
    expect(nextStage(own, [runOf('relu')])!.replicas.map(({ group }) => group)).toEqual(['tanh', 'tanh']);
    expect(nextStage(own, [runOf('relu'), runOf('tanh')])).toBeUndefined();
  });

  it.each([
    [['--activations', 'relu', '--methods', 'none'], '--methods cannot be given with --activations or --inits'], [['--inits', 'zeros', '--path', 'l1=1e-5..1'], '--path cannot be given'],
    [['--activations', 'relu', '--max-norm', '2'], '--max-norm cannot be given'], [['--activations', 'relu', '--activation', 'tanh'], '--activation cannot be given with --activations. Put it into that list.'],
    [['--inits', 'zeros', '--init', 'zeros'], '--init cannot be given with --inits.'], [['--layers', 'dense'], '--layers is here of --activations and --inits'],
    [['--layers', 'dense', '--hidden', '5', '--activations', 'relu'], '--layers says every layer: --hidden cannot be given with it.'],
  ])('%j is refused', async (words, says) => {
    await expect(settings(...words)).rejects.toThrow(says);
    await expect(settings(...words)).rejects.toMatchObject({ code: 'input' });
  });

  it.each([[['--activations', 'relu,rleu'], 'Did you mean relu?'], [['--activations', 'relu,relu'], 'relu is named twice.'], [['--inits', 'heNormal,glorot'], 'Did you mean glorotNormal?'], [['--inits', 'constant,constant 0.01'], 'constant 0.01 is named twice.']])('%j is no list', (words, says) => {
    expect(() => void settings(...words)).toThrow(says);
  });
});

describe('deviations', () => {
  const statistics = (deviation: number, mean = 0): Statistics => ({ mean, deviation, zeros: 0 });
  const layer = (activation: number, gradient: number, unitDeviation = activation): LayerInspection => ({
    name: 'layers.0', units: 4, preactivations: statistics(1), outputs: { ...statistics(activation, 0.5), unitDeviation, dead: 0 }, gradient: statistics(1), weightGradient: statistics(gradient),
  });
  const groups = variantGroups(['relu', 'tanh'], undefined), samples = { train: 8, validation: 0, test: 8 };
  const run = (group: string, ...layers: readonly (readonly LayerInspection[])[]): RunRecord => ({
    stage: 'compare', samples, evaluateEvery: 1, seconds: 1, isDone: true, replicas: layers.map((_, i) => ({ group, seed: i + 1, overrides: {}, epochs: [] })), looks: [{ step: 0, samples: 8, replicas: layers }],
  });
  const runs = [run('relu', [layer(1, 1e-7), layer(2, 3)], [layer(3, 3e-7), layer(4, 5)]), run('tanh', [layer(0.5, 0, 0), layer(NaN, 0.04)])];
  const rows = deviationsOf({ groups }, runs);

  it('are means over the seeds, and NaN where one is not finite', () => {
    expect(rows).toEqual([
      { group: 'relu', label: 'relu', step: 0, activations: [2, 3], gradients: [2e-7, 4].map((value) => expect.closeTo(value, 12)), isSymmetric: false },
      { group: 'tanh', label: 'tanh', step: 0, activations: [0.5, NaN], gradients: [0, 0.04], isSymmetric: true },
    ]);
    // As a file has them.
    expect(deviationsOf({ groups }, JSON.parse(JSON.stringify(runs)) as RunRecord[])).toEqual(rows);
  });

  it('have a table for each measure and step, of 80 columns at most', () => {
    expect(deviationTables(rows, 80)).toBe([
      'Standard deviation of what each layer hands on, before training', 'layers.       0       1', 'relu          2       3', 'tanh        0.5       ?', '',
      "Standard deviation of the loss's gradient by each layer's weights, before training", 'layers.       0       1', 'relu       2e-7       4', 'tanh          0    0.04',
    ].join('\n'));
    const deep: DeviationRow[] = [0, 100].map((step) => ({ group: 'a', label: 'leakyRelu, glorotTruncatedNormal', step, activations: Array.from({ length: 40 }, (_, n) => 1.234e-9 ** n), gradients: Array.from({ length: 40 }, () => 1e-300), isSymmetric: false }));
    const lines = deviationTables(deep, 80).split('\n').filter((line) => !line.startsWith('Standard'));
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(lines[0]).toMatch(/^layers\. +0 +8 +16 +23 +31 +39$/);
  });

  it('are read by people', () => {
    expect([0, 0.612345, 12.345, 999, 1000, 0.00999, 1e-7, 4.12e-7, NaN, Infinity].map(deviationText)).toEqual(['0', '0.612', '12.3', '999', '1e3', '1e-2', '1e-7', '4.1e-7', '?', '?']);
    expect([shownLayers(3, 6), shownLayers(9, 4), shownLayers(2, 3)]).toEqual([[0, 1, 2], [0, 3, 5, 8], [0, 1]]);
    expect(deviationNotes(rows, 8, 2).slice(1)).toEqual(['tanh: all units of every hidden layer give the same for every sample, and none learns anything of its own.']);
    expect([looksWithin([0, 100], 160), looksWithin([0, 100], 40), looksWithin(undefined, 40)]).toEqual([[0, 100], [0, 40], []]);
  });

  it('have lines that are told apart: activations by colour, inits by dashes', () => {
    const looks = looksOf(variantGroups(['relu', 'tanh'], [heNormal(), glorotUniform()])), of = (id: string) => looks.get(id)!;
    expect(of('relu, heNormal').color).toBe(of('relu, glorotUniform').color);
    expect(of('relu, heNormal').dash).toBe(of('tanh, heNormal').dash);
    expect(new Set([...looksOf(variantGroups(undefined, Array.from({ length: 12 }, (_, i) => constant(i)))).values()].map(({ color, dash }) => color + dash)).size).toBe(12);
  });
});

describe('a comparison', () => {
  /** 64 samples in batches of 8: eight steps an epoch; the 100th lies within one. */
  const small = async (...words: string[]): Promise<CompareSettings> => {
    const own = await settings('--activations', 'tanh,sigmoid', '--inits', 'glorotUniform,constant', '--hidden', '12,12,12', '--batch-size', '8', '--validation', '0.2', '--seeds', '1', '--epochs', '13', '--evaluate-every', '13', ...words);
    return { ...own, base: { ...own.base, verify: 'off' } };
  };
  const comparison = (own: CompareSettings, out: string): Comparison => ({
    run: (job, listener, signal) => runCompare(job, readerOf(own.base.data), listener, signal), host: 'node', settings: own, software: 'only', versions: {}, repeat: [], out: join(folder, out),
  });
  const results = (run: string): CompareFile => JSON.parse(readFileSync(join(folder, run, 'compare.json'), 'utf8')) as CompareFile;
  /** Of networks that begin with Glorot's weights. */
  const numbers = ({ runs }: CompareFile): unknown => runs.filter(({ replicas }) => replicas[0]!.group.endsWith('glorotUniform')).map(({ replicas, looks }) => [replicas, looks]);

  async function compared(given: Comparison): Promise<{ code: number; text: string }> {
    const stream = Object.assign(new PassThrough(), { isTTY: false });
    let text = '';
    stream.on('data', (part: Buffer) => { text += part.toString(); });
    return { code: await compare(given, stream), text };
  }

  it('measures before training and after 100 steps, and leaves table, results, page and picture', async () => {
    const { code, text } = await compared(comparison(await small(), 'whole'));
    expect(code).toBe(0);
    expect(text).toMatch(/4 networks by 1 seed, hidden layers 12, 12, 12, 13 epochs; deviations before training and after 100 steps\n {2}tanh, glorotUniform\n/);
    expect(text).toMatch(/\n\nsigmoid, constant 0\.01: 1 replica on 64 samples[^]*Standard deviation of what each layer hands on, after 100 steps\nlayers\. +0 +1 +2 +3\n/);
    expect(text).toContain('\nsigmoid, constant 0.01: all units of every hidden layer give the same for every sample');
    expect(text.split('\n').filter((line) => line.includes('glorotUniform: all units'))).toEqual([]);
    expect(readdirSync(join(folder, 'whole')).toSorted()).toEqual(['compare.html', 'compare.json', 'deviations.svg']);
    const { deviations, runs } = results('whole');
    expect(deviations!.map(({ step }) => step)).toEqual([0, 0, 0, 0, 100, 100, 100, 100]);
    expect(runs.map(({ looks }) => looks!.map(({ step, samples }) => [step, samples]))).toEqual(Array.from({ length: 4 }, () => [[0, 8], [100, 8]]));
    const first = (label: string): DeviationRow => deviations!.find((row) => row.label === label)!;
    // The slope of sigmoid is a quarter at most, that of tanh 1 where it is not saturated.
    const kept = (label: string): number => first(label).gradients[1]! / first(label).gradients[2]!;
    expect(kept('sigmoid, glorotUniform')).toBeLessThan(0.5);
    expect(kept('tanh, glorotUniform')).toBeGreaterThan(0.5);
    expect(readFileSync(join(folder, 'whole', 'compare.html'), 'utf8')).toMatch(/<h2>Deviations by layer<\/h2>[^]*Deviation of activations, after 100 steps/);
    expect(readFileSync(join(folder, 'whole', 'deviations.svg'), 'utf8')).toMatch(/^<svg [^]*data, hidden layers 12, 12, 12: momentum[^]*sigmoid, constant 0\.01[^]*Deviation of weights' gradients, before training[^]*Test error/);
  });

  it('trains as if nothing were measured', async () => {
    const { looks: _, ...own } = await small('--activations', 'tanh', '--inits', 'glorotUniform');
    await compared(comparison(own, 'blind'));
    expect(results('blind').runs[0]!.replicas).toEqual(results('whole').runs[0]!.replicas);
  });

  it('that is stopped goes on where it was, and ends with the same numbers', async () => {
    const own = await small('--inits', 'glorotUniform'), whole = comparison(own, 'cut');
    const stops = (isTime: (seen: { epochs: number; looks: number }) => boolean): Comparison['run'] => async (job, listener, signal) => {
      const abort = new AbortController(), seen = { epochs: 0, looks: 0 };
      signal.addEventListener('abort', () => abort.abort());
      await runCompare(job, readerOf(own.base.data), {
        adapter: (report) => listener.adapter(report), verifying: listener.verifying, progress: listener.progress, checkpoint: (bytes) => listener.checkpoint(bytes),
        event: async (event) => {
          await listener.event(event);
          if (event.type === 'epoch') seen.epochs++;
          if (event.type === 'look') seen.looks++;
          if (isTime(seen)) abort.abort();
        },
      }, abort.signal);
    };
    expect((await compared({ ...whole, run: stops(({ epochs }) => epochs === 18) })).code).toBe(130); // In the second network.
    expect((await compared({ ...whole, run: stops(({ looks }) => looks === 1), stopped: await openCompare(join(folder, 'cut')) })).code).toBe(130); // After its 100th step.
    expect((await compared({ ...whole, stopped: await openCompare(join(folder, 'cut')) })).code).toBe(0);
    expect(numbers(results('cut'))).toEqual(numbers(results('whole')));
    expect(results('cut').deviations!.map(({ step }) => step)).toEqual([0, 0, 100, 100]);
  });
});
