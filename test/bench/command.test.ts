/** The command `bench` with a host that is none: what is refused, asked for, written, and said by the exit code. */
import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { DEFAULT_OPTIONS } from '../../src/bench/options.ts';
import { SUITES, type BenchReport, type Result } from '../../src/bench/types.ts';
import type { BenchHost, BenchOptions } from '../../src/cli/bench/host.ts';
import { callBench, reportOf, resultOf, type Called } from './command-support.ts';

let folder = '';
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'bench-command-')); });
afterEach(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

/** Measures nothing: gives these results, and keeps what it was asked for. */
class Host implements BenchHost {
  asked: BenchOptions | undefined;
  constructor(readonly results: readonly Result[] = [resultOf('step/a', [100, 100, 100])]) {}

  run: BenchHost['run'] = async (options, events) => {
    this.asked = options;
    const report = reportOf(this.results);
    events.start?.(report);
    events.progress('step: a');
    for (const result of this.results) events.result(result);
    return report;
  };
}

const readJson = (name: string): BenchReport => JSON.parse(readFileSync(at(name), 'utf8')) as BenchReport;
const bench = async (host: BenchHost, ...args: string[]): Promise<Called> => callBench([...args, '--out', at('run')], host);
const asked = async (...args: string[]): Promise<BenchOptions> => {
  const host = new Host();
  await bench(host, ...args);
  return host.asked!;
};

describe('what is asked for', () => {
  test('by default: every suite with the defaults of the bench, on the GPU if there is one, in Chrome', async () => {
    const host = new Host(), { calls } = await bench(host);
    expect(host.asked).toEqual({ ...DEFAULT_OPTIONS, suites: SUITES, software: 'fallback', command: 'gradshader bench' });
    expect(calls[0]).toMatchObject({ host: 'chrome' });
  });

  test('all options come through, suites in their own order; the command repeats it without where it was written', async () => {
    const args = ['--suites', 'peers,ceilings', '--host', 'node', '--adapter', 'software', '--seconds', '0.5', '--repetitions', '7', '--budget', '9',
      '--batch', '32,128', '--replicas', '1,8', '--optimizers', 'adam,sgd', '--tune'];
    expect(await asked(...args)).toEqual({
      suites: ['ceilings', 'peers'], software: 'only', seconds: 0.5, repetitions: 7, budgetSeconds: 9, batchSizes: [32, 128], replicas: [1, 8],
      optimizers: ['sgd', 'adam'], tune: true,
      command: 'gradshader bench --suites ceilings,peers --batch 32,128 --replicas 1,8 --optimizers sgd,adam --repetitions 7 --seconds 0.5 --budget 9 --tune --host node --adapter software',
    });
  });

  test('--quick asks for less of everything, but for what is given beside it', async () => {
    const quick = await asked('--quick', '--repetitions', '9');
    expect(quick.repetitions).toBe(9);
    expect(quick.seconds).toBeLessThan(DEFAULT_OPTIONS.seconds);
    expect(quick.budgetSeconds).toBeLessThan(DEFAULT_OPTIONS.budgetSeconds);
    expect(quick.batchSizes.length * quick.replicas.length + quick.optimizers.length).toBeLessThan(5);
    expect(quick.suites).toEqual(SUITES);
  });
});

describe('refused before anything is measured or written', () => {
  const refusal = async (...args: string[]): Promise<{ error: unknown; host: Host }> => {
    const host = new Host();
    return { host, error: await callBench(args, host).then(() => undefined, (error: unknown) => error) };
  };

  test.each<[string[], string]>([
    [['--suites', 'step,speed'], 'ceilings, kernels, step, epoch, inference, cold, peers'], [['--optimizers', 'adan'], 'momentum'],
    [['--seconds', '0'], 'above 0'], [['--repetitions', '0'], '1 or more'], [['--repetitions', '1.5'], '1 or more'], [['--budget', '-1'], 'above 0'],
    [['--batch', '32,0'], '1 or more'], [['--replicas', 'many'], '1 or more'], [['--fail-above', '0.5'], '1 or more'], [['--host', 'safari'], 'chrome, node, deno, firefox'],
    [['--adapter', 'hardware'], 'default, software'],
  ])('words: %j', async (args, words) => {
    const { error, host } = await refusal(...args);
    expect(error).toBeInstanceOf(CommanderError);
    expect((error as Error).message).toContain(words);
    expect(host.asked).toBeUndefined();
  });

  test.each<[string[], string]>([
    [['--host', 'node', '--browser', '/x'], '--browser belongs to --host chrome or firefox'], [['--runtime', '/x'], '--runtime belongs to --host deno'],
    [['--fail-above', '1.1'], '--compare'], [['--with', 'new.json'], '--compare'], [['--with', 'new.json', '--compare', 'old.json', '--quick'], '--quick cannot be given with --with'],
    [['--bundle', 'x.tar.gz', '--suites', 'step'], '--suites cannot be given with --bundle'], [['--compare', 'none.json'], 'none.json cannot be read'],
  ])('what does not go together: %j', async (args, words) => {
    const { error, host } = await refusal(...args);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(words);
    expect(host.asked).toBeUndefined();
  });

  test('a folder that holds something', async () => {
    writeFileSync(at('mine.txt'), 'x');
    const host = new Host();
    const refused = callBench(['--out', folder], host);
    await expect(refused).rejects.toThrow(/must be empty, it holds mine\.txt\. Choose another with --out\.$/);
    expect(host.asked).toBeUndefined();
    expect(readdirSync(folder)).toEqual(['mine.txt']);
  });
});

describe('a run', () => {
  test('writes the report and its page, says the adapter and the medians, and exits with 0', async () => {
    const host = new Host(), { code, text } = await bench(host);
    expect(code).toBe(0);
    expect(readdirSync(at('run')).toSorted()).toEqual(['bench.json', 'report.html']);
    expect(readJson('run/bench.json')).toEqual(reportOf(host.results));
    expect(readFileSync(at('run/report.html'), 'utf8')).toContain('SwiftShader');
    expect(text.indexOf('Software: it computes on the CPU')).toBeGreaterThan(0);
    expect(text.indexOf('Software: it computes on the CPU')).toBeLessThan(text.indexOf('step: a'));
    expect(text).toMatch(/^a +100 +100 to 100$/m);
    expect(text).toContain('report.html');
  });

  test('a host that fails leaves no file, and its error goes on', async () => {
    await expect(bench({ run: async () => { throw new Error('It broke.'); } })).rejects.toThrow('It broke.');
    expect(readdirSync(at('run'))).toEqual([]);
  });

  test('Ctrl-C stops the host; what was measured is written; 130', async () => {
    const signals = new EventEmitter();
    const host: BenchHost = {
      run: (_, events, signal) => new Promise((resolve) => {
        const measured = resultOf('step/a', [5]);
        events.result(measured);
        signal.addEventListener('abort', () => resolve(reportOf([measured], { omissions: [{ suite: 'step', key: 'step', reason: 'The run was stopped.' }] })));
        signals.emit('SIGINT');
      }),
    };
    const { code, text } = await callBench(['--out', at('run')], host, signals);
    expect(code).toBe(130);
    expect(readJson('run/bench.json').results.map(({ key }) => key)).toEqual(['step/a']);
    expect(text).toContain('Stopping:');
    expect(text).toContain('The run was stopped.');
    expect(signals.eventNames()).toEqual([]);
  });

  test('Ctrl-C before there is a device leaves nothing; 130', async () => {
    const signals = new EventEmitter();
    const host: BenchHost = { run: async () => { signals.emit('SIGINT'); throw new Error('The browser is gone.'); } };
    const { code, text } = await callBench(['--out', at('run')], host, signals);
    expect(code).toBe(130);
    expect(text).toContain('The browser is gone.');
    expect(readdirSync(at('run'))).toEqual([]);
  });
});

describe('--compare', () => {
  const older = (milliseconds: number): string => {
    const file = at('old.json');
    writeFileSync(file, JSON.stringify(reportOf([resultOf('step/a', [milliseconds, milliseconds, milliseconds])])));
    return file;
  };

  test.each([[50, 3, 'FAILED'], [95, 0, 'Passed'], [200, 0, 'Passed']])('against %d ms, when it takes 100: exit code %d', async (milliseconds, wanted, word) => {
    const { code, text } = await bench(new Host(), '--compare', older(milliseconds), '--fail-above', '1.1');
    expect(code).toBe(wanted);
    expect(text).toContain(word);
    expect(existsSync(at('run/bench.json'))).toBe(true);
    expect(readFileSync(at('run/report.html'), 'utf8')).toContain('Compared with an earlier run');
  });

  test('without --fail-above a slowdown is told and nothing fails', async () => {
    const { code, text } = await bench(new Host(), '--compare', older(50));
    expect({ code, told: /^step\/a .*2\.00 ×/m.test(text) }).toEqual({ code: 0, told: true });
  });

  test('--with compares two files and measures nothing', async () => {
    writeFileSync(at('new.json'), JSON.stringify(reportOf([resultOf('step/a', [100])])));
    const host = new Host();
    expect(await callBench(['--compare', older(50), '--with', at('new.json'), '--fail-above', '1.5'], host)).toMatchObject({ code: 3 });
    expect(await callBench(['--compare', older(50), '--with', at('new.json'), '--fail-above', '2.5'], host)).toMatchObject({ code: 0 });
    expect(host.asked).toBeUndefined();
  });
});
