/** `gradshader tune` and `train --tune`, and what they print. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatTune, gainOf, tunedLines, tuneJson } from '../../src/cli/tune-report.ts';
import type { Tile } from '../../src/kernels/tile.ts';
import { PRODUCTS } from '../../src/compile/tiles.ts';
import { readTraining } from '../../src/train/restore.ts';
import type { TuneReport } from '../../src/train/tune/option.ts';
import { CommandLine, writeData } from './cli.ts';

const WIDE: Tile = { rowBlocks: 2, columnBlocks: 2, workgroupX: 8, workgroupY: 8 };
const NARROW: Tile = { rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 16 };
const shapes = { wide: WIDE, narrow: NARROW };

const REPORT: TuneReport = {
  about: '784-10, batch 128, 1 replica, fusion layer', cached: false, milliseconds: 2345,
  tiles: { forward: shapes, inputGradient: shapes, weightGradient: shapes },
  choices: [
    {
      product: 'weightGradient', shape: 'wide', flops: 2e9, winner: 'direct-8x8',
      candidates: [
        { name: 'direct-4x4', verdict: 'timed', milliseconds: 20 }, { name: 'direct-8x8', verdict: 'timed', milliseconds: 16 },
        { name: 'direct-16x16', verdict: 'slower', milliseconds: 40 }, { name: 'quad-8x8', verdict: 'refused', reason: '3 numbers are wrong.\nMore.' },
      ],
    },
    { product: 'forward', shape: 'narrow', flops: 1e6, winner: 'direct-4x4@4x16', candidates: [{ name: 'direct-4x4@4x16', verdict: 'untried' }] },
  ],
  cache: { place: '/somewhere/tiles.json' },
};

describe('the report', () => {
  test('has every candidate with time, GFLOP/s and speed against the default, and says what was taken', () => {
    const lines = formatTune(REPORT).split('\n').map((line) => line.replace(/ {2,}/g, '  ').trim());
    expect(lines).toEqual([
      'weight gradient, wide  time  GFLOP/s  speed  2.00 GFLOP a step',
      'direct-4x4  20.0 ms  100.00  1.00 x  default',
      'direct-8x8  16.0 ms  125.00  1.25 x  taken',
      'direct-16x16  40.0 ms  50.00  0.50 x  one sample',
      'quad-8x8  refused: 3 numbers are wrong.',
      '',
      'forward, narrow  time  GFLOP/s  speed  1.00 MFLOP a step',
      'direct-4x4@4x16  default, not tried',
      '',
      'All that was timed: 20.0 ms a step by default, 16.0 ms as taken (1.25 x).',
      'Tuned in 2.3 s. There was no time to try the rest: see --budget.',
      'Kept in /somewhere/tiles.json,', 'where train --tune and trainers made with tune: true find it.', '',
    ]);
    expect(Math.max(...formatTune(REPORT).split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('says where nothing was kept, why not, and why nothing was tuned', () => {
    const { cache: _cache, ...uncached } = REPORT;
    expect(formatTune(uncached)).toContain('Kept nowhere.');
    expect(formatTune({ ...REPORT, cache: { place: 'here', problem: 'disk full' } })).toContain('Could not be kept in here: disk full');
    expect(formatTune({ ...REPORT, skipped: 'it is too large' })).toBe('Not tuned: it is too large.\n');
    expect(gainOf(REPORT.choices.slice(1))).toBeUndefined();
  });

  test('in short, for a training run', () => {
    expect(tunedLines(REPORT).split('\n')).toEqual([
      'Tiles of wide and narrow products, chosen in 2.3 s', '  forward          direct-8x8, direct-4x4@4x16',
      '  input gradient   direct-8x8, direct-4x4@4x16', '  weight gradient  direct-8x8, direct-4x4@4x16',
    ]);
    expect(tunedLines({ ...REPORT, cached: true })).toContain('from an earlier run');
    expect(tunedLines({ ...REPORT, skipped: 'no room' })).toContain('not tuned: no room');
  });

  test('as JSON', () => {
    const json = JSON.parse(JSON.stringify(tuneJson(REPORT, { name: 'a GPU', state: 'hardware' }))) as TuneReport;
    expect(json).toMatchObject({ adapter: { name: 'a GPU', state: 'hardware' }, ...REPORT });
    expect(json.choices[0]!.candidates[1]).toEqual({ name: 'direct-8x8', verdict: 'timed', milliseconds: 16, gflops: 125, speed: 1.25 });
  });
});

describe('the command', () => {
  const cli = new CommandLine();
  const before = process.env['XDG_CACHE_HOME'];
  const places = ['gradshader', 'tiles.json'];
  beforeAll(async () => {
    await cli.build();
    writeData(cli.path('tiny'), { train: 200, test: 50 });
    process.env['XDG_CACHE_HOME'] = cli.path('cache');
  });
  afterAll(() => {
    if (before === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = before;
    cli.remove();
  });
  const NETWORK = ['--data', 'tiny', '--hidden', '20', '--batch-size', '16'];

  test('tune prints and keeps, and train --tune takes what was kept', async () => {
    const tuned = await cli.run('tune', ...NETWORK, '--budget', '1');
    expect(tuned).toMatchObject({ code: 0 });
    expect(tuned.stdout).toMatch(/^Adapter: .*\n(It computes on the CPU.*\n)?Timing tiles for at most about 1 s/);
    expect(tuned.stdout).toContain('64-20-4, batch 16, 1 replica, fusion');
    expect(tuned.stdout).toMatch(/weight gradient, wide +time +GFLOP\/s +speed +[\d.]+ kFLOP a step/);
    expect(tuned.stdout).toContain(`Kept in ${cli.path('cache', ...places)},`);
    const { records } = JSON.parse(readFileSync(cli.path('cache', ...places), 'utf8')) as { records: Record<string, { tiles: unknown }> };
    const [record, ...others] = Object.values(records);
    expect(others).toEqual([]);

    const trained = await cli.run('train', ...NETWORK, '--tune', '--epochs', '1', '--out', 'tuned');
    expect(trained).toMatchObject({ code: 0, stderr: '' });
    expect(trained.stdout).toContain('Tiles of wide and narrow products, from an earlier run');
    const { training } = readTraining(readFileSync(cli.path('tuned', 'model.safetensors')), 'model');
    expect(training.config.tiles).toEqual(record!.tiles);
    for (const product of PRODUCTS) expect(training.config.tiles).toHaveProperty(`${product}.wide`);
    expect(await cli.run('train', '--resume', 'tuned', '--epochs', '2', '--tune')).toMatchObject({ code: 1, stderr: expect.stringContaining('--tune cannot be given with --resume') as string });
  });

  test('tune --json is JSON and nothing else; --no-cache keeps nothing', async () => {
    const { code, stdout } = await cli.run('tune', ...NETWORK, '--replicas', '2', '--budget', '0.1', '--no-cache', '--json');
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as TuneReport;
    expect(report.about).toContain('2 replicas');
    expect(report.choices.length).toBeGreaterThan(1);
    expect(report.cache).toBeUndefined();
  });

  test('Ctrl-C stops it, with nothing kept', async () => {
    const kept = (): string => readFileSync(cli.path('cache', ...places), 'utf8');
    const before = kept();
    const running = cli.start(process.execPath, ['cli.mjs', 'tune', ...NETWORK, '--batch-size', '32', '--budget', '600']);
    await running.said('Timing tiles');
    running.group('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, stderr: expect.stringContaining('Stopped: nothing was kept.') as string });
    expect(kept()).toBe(before);
  });

  test.each([[['--budget', '0'], 'a number above 0'], [['--replicas', 'many'], 'a whole number of 1 or more']])('refuses %j', async (words, wanted) => {
    expect(await cli.run('tune', ...words)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(wanted) as string });
  });

  test('its help fits 80 columns', async () => {
    const { code, stdout } = await cli.run('tune', '--help');
    expect(code).toBe(0);
    for (const option of ['budget', 'no-cache', 'json', 'replicas', 'software', 'batch-size', 'fusion']) expect(stdout).toMatch(new RegExp(`^  --${option}[ \\n]`, 'm'));
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
