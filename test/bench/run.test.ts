/** What a run puts in its report: results, what is left out and why; with suites made up, on a real device. */
import { expect, test } from 'vitest';
import { DEFAULT_OPTIONS, type BenchOptions } from '../../src/bench/options.ts';
import { runBench, type BenchEvents, type Loaders } from '../../src/bench/run.ts';
import type { Suite, SuiteContext } from '../../src/bench/suite.ts';
import { SUITES, type Omission, type Result, type SuiteName } from '../../src/bench/types.ts';
import { VERSION } from '../../src/version.ts';

const options: BenchOptions = { ...DEFAULT_OPTIONS, suites: ['ceilings', 'kernels', 'step'], command: 'gradshader bench', seconds: 0.01 };

const resultOf = (suite: SuiteName, key: string): Result =>
  ({ key, suite, label: key, meaning: 'One.', unit: 'ms', better: 'lower', samples: [1], parameters: {}, derived: {} });

const nothing: Suite = async () => {};
const loadersOf = (suites: Partial<Record<SuiteName, Suite>>): Loaders =>
  Object.fromEntries(SUITES.map((name) => [name, async () => suites[name] ?? nothing])) as unknown as Loaders;

/** Keeps what it is told; made with methods that need `this`, as a class's. */
class Told implements BenchEvents {
  readonly texts: string[] = [];
  readonly results: Result[] = [];
  readonly omissions: Omission[] = [];
  progress(text: string): void { this.texts.push(text); }
  result(result: Result): void { this.results.push(result); }
  omission(omission: Omission): void { this.omissions.push(omission); }
}

const endless = new AbortController().signal;

test('suites run in the order asked for, on one device that is closed after; the report holds what they said', async () => {
  const told = new Told(), seen: SuiteContext[] = [];
  const say = (...keys: string[]): Suite => async (context) => {
    seen.push(context);
    context.progress(keys.join());
    for (const key of keys) context.emit(resultOf(key.split('/')[0] as SuiteName, key));
  };
  const omission = { suite: 'step', key: 'step/x', reason: 'No.' } as const;
  const report = await runBench({ ...options, suites: ['kernels', 'ceilings', 'step'] }, told, endless, loadersOf({
    kernels: say('kernels/a', 'kernels/b'), ceilings: say('ceilings/c'), step: async (context) => context.omit(omission), epoch: say('epoch/never'),
  }));
  expect(report.results.map(({ key }) => key)).toEqual(['kernels/a', 'kernels/b', 'ceilings/c']);
  expect(report.omissions).toEqual([omission]);
  expect({ results: told.results, omissions: told.omissions, texts: told.texts }).toEqual({ results: report.results, omissions: [omission], texts: ['kernels/a,kernels/b', 'ceilings/c'] });
  expect(report).toMatchObject({ format: 1, version: VERSION, command: 'gradshader bench', host: { name: 'node' }, choice: { network: '784-1000-500-10, batch 128' } });
  expect(Date.parse(report.date)).not.toBeNaN();
  expect(report.adapter).toEqual(seen[0]!.device.adapter);
  expect(seen[0]!.device).toBe(seen[1]!.device);
  expect(seen[0]!.options.seconds).toBe(0.01);
  await expect(seen[0]!.device.guard(Promise.resolve())).rejects.toThrow(/closed/);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test('later suites see the ceilings of this run, and nothing else', async () => {
  let seen: readonly Result[] = [];
  await runBench(options, new Told(), endless, loadersOf({
    ceilings: async ({ emit }) => emit(resultOf('ceilings', 'ceilings/fma')), kernels: async ({ emit }) => emit(resultOf('kernels', 'kernels/a')),
    step: async ({ ceilings }) => { seen = ceilings(); },
  }));
  expect(seen.map(({ key }) => key)).toEqual(['ceilings/fma']);
});

test('a suite that fails is left out with its reason, what it measured stays, and the others go on', async () => {
  const told = new Told();
  const report = await runBench(options, told, endless, {
    ...loadersOf({
      ceilings: async ({ emit }) => {
        emit(resultOf('ceilings', 'ceilings/fma'));
        throw new Error('The probe broke.');
      },
      step: async ({ emit }) => emit(resultOf('step', 'step/a')),
    }),
    kernels: async () => { throw new TypeError('Failed to fetch chunk.'); },
  });
  expect(report.results.map(({ key }) => key)).toEqual(['ceilings/fma', 'step/a']);
  expect(report.omissions).toEqual([
    { suite: 'ceilings', key: 'ceilings', reason: 'The probe broke.' }, { suite: 'kernels', key: 'kernels', reason: 'Failed to fetch chunk.' },
  ]);
  expect(told.omissions).toEqual(report.omissions);
});

test('when it is stopped, what was measured is reported, and each suite that was not says so', async () => {
  const stop = new AbortController();
  const report = await runBench(options, new Told(), stop.signal, loadersOf({
    ceilings: async ({ emit }) => emit(resultOf('ceilings', 'ceilings/fma')),
    kernels: async ({ emit, signal }) => {
      emit(resultOf('kernels', 'kernels/a'));
      stop.abort();
      signal.throwIfAborted();
    },
    step: async ({ emit }) => emit(resultOf('step', 'step/never')),
  }));
  expect(report.results.map(({ key }) => key)).toEqual(['ceilings/fma', 'kernels/a']);
  expect(report.omissions).toEqual([
    { suite: 'kernels', key: 'kernels', reason: 'The run was stopped.' }, { suite: 'step', key: 'step', reason: 'The run was stopped before.' },
  ]);
});

test('each suite by its name is loaded from its own module; a cold start says what it needs', async () => {
  const report = await runBench({ ...options, suites: ['cold'] }, new Told(), endless);
  expect(report.omissions).toEqual([{ suite: 'cold', key: 'cold', reason: expect.stringContaining('--host chrome') }]);
});

test('an adapter that is not allowed is refused before anything runs', async () => {
  let ran = false;
  const only = loadersOf({ ceilings: async () => { ran = true; } });
  const report = runBench({ ...options, software: 'never', suites: ['ceilings'] }, new Told(), endless, only);
  // On a machine with a GPU the run is made; on one without it must not be.
  await report.then(({ adapter }) => expect(adapter.state).toBe('hardware'), ({ code }) => expect({ code, ran }).toEqual({ code: 'no-device', ran: false }));
});
