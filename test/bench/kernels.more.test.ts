/** Every dispatch of a step is timed by itself, and the figures beside its time follow from it. */
import { afterEach, expect, test, vi } from 'vitest';
import { choiceOf } from '../../src/bench/choice.ts';
import { flagshipConfig, flagshipOptimizer, networkOf } from '../../src/bench/flagship.ts';
import { measureKernels } from '../../src/bench/kernels.ts';
import { summarize } from '../../src/bench/statistics.ts';
import type { Result } from '../../src/bench/types.ts';
import { planOf } from '../../src/train/estimate.ts';
import { adapterTraits } from '../../src/train/traits.ts';
import { Program } from '../../src/webgpu/program.ts';
import { wgslOf } from '../../src/webgpu/wgsl.ts';
import { useDevice } from '../train/device.ts';
import { recorded, smallSubject } from './suite-context.ts';

const device = useDevice();
afterEach(() => void vi.restoreAllMocks());

const subject = smallSubject(0);
const small = flagshipConfig({ model: networkOf(subject), batchSize: 16, optimizer: flagshipOptimizer(0) });
const median = ({ samples }: Pick<Result, 'samples'>): number => summarize(samples).median;

const ceiling = (key: string, samples: number[]): Result =>
  ({ key, suite: 'ceilings', label: '', meaning: '', unit: 'GFLOP/s', better: 'higher', samples, parameters: {}, derived: {} });
const CEILINGS = [ceiling('ceilings/fma', [40, 50, 90]), ceiling('ceilings/copy/bytes=67108864', [4]), ceiling('ceilings/copy/bytes=1048576', [5, 5]), ceiling('ceilings/dispatch', [20])];

test('every dispatch of the step alone, the whole step and whole inference, with rates and shares by hand', async () => {
  const context = recorded(device(), {}, CEILINGS), { results } = context;
  await measureKernels(context, small);
  const { dispatches, flops, bytes } = planOf(small, adapterTraits(device()));
  expect(results.map(({ key }) => key)).toEqual(['kernels/whole-step', 'kernels/whole-inference', ...dispatches.map(({ label }) => `kernels/${label}`)]);
  expect(new Set(results.map(({ key }) => key)).size).toBe(results.length);
  for (const { samples, suite, unit } of results) {
    expect({ suite, unit, count: samples.length }).toEqual({ suite: 'kernels', unit: 'ms', count: 3 });
    expect(samples.every((sample) => Number.isFinite(sample) && sample > 0)).toBe(true);
  }
  const [step, , ...alone] = results, stepMedian = median(step!);
  // Operations in 1e9 a second, of a median of 50; bytes of the larger median of 4 and 5.
  const rates = (work: { flops: number; bytes: number }, milliseconds: number): Record<string, number> => ({
    ...(work.flops > 0 && { 'GFLOP/s': work.flops / (milliseconds / 1000) / 1e9, 'share of FMA ceiling': work.flops / (milliseconds / 1000) / 50e9 }),
    'GB/s': work.bytes / (milliseconds / 1000) / 1e9, 'share of copy bandwidth': work.bytes / (milliseconds / 1000) / 5e9,
  });
  const expectFigures = ({ derived }: Result, want: Record<string, number>): void => {
    expect(Object.keys(derived).sort()).toEqual(Object.keys(want).sort());
    for (const [name, value] of Object.entries(want)) expect(derived[name]! / value, name).toBeCloseTo(1, 9);
  };
  expectFigures(step!, { ...rates({ flops, bytes }, stepMedian), 'sum of its dispatches, ms': alone.reduce((sum, result) => sum + median(result), 0) });
  alone.forEach((result, i) => expectFigures(result, { ...rates(dispatches[i]!, median(result)), 'share of the step': median(result) / stepMedian }));
});

test('what is submitted under a label is that dispatch and nothing else, any number of times', async () => {
  // Long enough for more than one step, however busy the machine is.
  const submit = vi.spyOn(Program.prototype, 'submit'), context = recorded(device(), { seconds: 0.1 });
  await measureKernels(context, small);
  const { dispatches } = planOf(small, adapterTraits(device()));
  const labels = dispatches.map(({ label }) => label);
  const submitted = submit.mock.calls.map(([{ plan }]) => [...new Set(plan.dispatches.map(({ group }) => group.label))]);
  const inTurn = submitted.filter((now, i) => now.join() !== submitted[i - 1]?.join());
  expect(inTurn.slice(0, 2 + labels.length)).toEqual([labels, expect.arrayContaining(['gather samples']), ...labels.map((label) => [label])]);
  expect(submit.mock.calls.some(([{ plan }]) => plan.dispatches.length >= 2 * labels.length)).toBe(true);
});

test('without ceilings there are no shares of them', async () => {
  const context = recorded(device());
  await measureKernels(context, small);
  expect(context.results.flatMap(({ derived }) => Object.keys(derived)).filter((name) => /FMA|copy/.test(name))).toEqual([]);
});

test('an abort ends it with its reason, and nothing stays on the device', async () => {
  const made = vi.spyOn(Program, 'create'), destroyed = vi.spyOn(Program.prototype, 'destroy');
  const context = recorded(device());
  context.stop.abort(new Error('enough'));
  await expect(measureKernels(context, small)).rejects.toThrow('enough');
  expect(made).toHaveBeenCalledTimes(1);
  expect(destroyed).toHaveBeenCalledTimes(1);
});

test('a learning rate of 0 runs the same shaders', () => {
  const codes = (rate: number): string[] => planOf(flagshipConfig({ optimizer: flagshipOptimizer(rate) }), adapterTraits(device())).dispatches.map(wgslOf);
  expect(codes(0)).toEqual(codes(0.05));
});

test('a product says its tile', async () => {
  const context = recorded(device());
  const wide = { rowBlocks: 2, columnBlocks: 1, workgroupX: 8, workgroupY: 8 } as const;
  await measureKernels(context, { ...small, tiles: { wide, narrow: { ...wide, rowBlocks: 1 } } });
  const tileOf = (label: string): unknown => context.results.find(({ key }) => key === `kernels/${label}`)!.parameters['tile'];
  // 16 samples are 4 blocks of rows: two threads of two blocks each.
  expect(tileOf('layers.0 forward')).toBe('direct-8x4@8x2');
  expect(tileOf('layers.2 forward')).toBe('direct-4x4@8x4');
  expect(tileOf('gather a batch')).toBeUndefined();
});

test('the choice on this adapter: fusion, tiles by product, and the dispatches of a step', () => {
  const choice = choiceOf(device()), { dispatches } = planOf(flagshipConfig(), adapterTraits(device()));
  expect(Object.keys(choice)).toEqual(['network', 'fusion', 'forward tiles', 'input gradient tiles', 'weight gradient tiles', 'dispatches']);
  expect(choice['network']).toBe('784-1000-500-10, batch 128');
  expect(choice['dispatches']!.split(', ').length).toBe(dispatches.length);
  expect(choice['dispatches']).toMatch(/^gather \d+ x \d+ x 1, dense-forward \d+ x \d+ x 1, /);
  const tile = { rowBlocks: 2, columnBlocks: 1, workgroupX: 8, workgroupY: 8 } as const, shapes = { wide: tile, narrow: tile };
  expect(choiceOf(device(), { forward: shapes, inputGradient: shapes, weightGradient: shapes })['input gradient tiles']).toBe('direct-8x4, narrow direct-8x4');
});
