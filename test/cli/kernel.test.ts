/** `gradshader kernel` prints what would run, and nothing but WGSL that every browser's compiler takes. */
import { parseWgsl, validate } from 'naga-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create } from 'webgpu';
import { headline, kernelDispatch, runKernel, updateDispatch, type KernelOptions } from '../../src/cli/kernel.ts';
import { everyKernel, L1_RULES, L2_RULES, optimizerOf } from '../../src/cli/penalties.ts';
import { InputError } from '../../src/errors.ts';
import { kernels } from '../../src/kernels/index.ts';
import { RULE_NAMES } from '../../src/kernels/rule.ts';
import { mlp } from '../../src/model/mlp.ts';
import { softmaxCrossEntropy } from '../../src/model/losses/makers.ts';
import { OPTIMIZER_NAMES } from '../../src/model/optimizers/named.ts';
import type { Fusion } from '../../src/compile/tiles.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { planOf } from '../../src/train/estimate.ts';
import { wgslOf } from '../../src/webgpu/wgsl.ts';
import { CommandLine } from './cli.ts';

const flagship = { model: mlp([784], [1000, 500, 10]), loss: softmaxCrossEntropy() };
const configOf = (rule: string): TrainerConfig => ({ ...flagship, optimizer: optimizerOf(rule), batchSize: 128 });

// Dawn without a driver behind it: Tint is all that runs.
let dawn: GPU; // held: the device does not outlive it
let gpu: GPUDevice;
beforeAll(async () => {
  dawn = create(['backend=null']);
  gpu = await (await dawn.requestAdapter())!.requestDevice();
});
afterAll(() => gpu?.destroy());

async function expectCompiles(code: string): Promise<void> {
  validate(parseWgsl(code));
  const { messages } = await gpu.createShaderModule({ code }).getCompilationInfo();
  expect(Array.from(messages, ({ message }) => message)).toEqual([]);
}

describe.each(OPTIMIZER_NAMES)('%s', (rule) => {
  test.each(['hardware', 'software'] as const)('is the update of the plan on %s', (adapter) => {
    const planned = planOf(configOf(rule), adapter).dispatches.map((dispatch) => `${wgslOf(dispatch)}\n`);
    expect(planned).toContain(runKernel(rule, { adapter }));
  });

  test('with L1 compiles, and is another text than without', async () => {
    const dispatch = updateDispatch(rule, { l1: 'prox' }, ['none']), { kernel } = dispatch, code = wgslOf(dispatch);
    await expectCompiles(code);
    // FTRL's own rule has both penalties always.
    expect(code === wgslOf(updateDispatch(rule, { kernel }, ['none']))).toBe(rule === 'ftrl');
  });
});

test('every optimizer of the library is there', () => {
  expect(new Set(OPTIMIZER_NAMES.map((rule) => optimizerOf(rule).rule))).toEqual(new Set(RULE_NAMES));
});

test.each<[Fusion, string]>([['full', 'network-weight-update'], ['layer', 'dense-weight-update'], ['none', 'update']])(
  'with fusion %s it is --kernel %s', (fusion, kernel) => {
    const planned = planOf({ ...configOf('adam'), fusion }).dispatches.map((dispatch) => `${wgslOf(dispatch)}\n`);
    expect(planned).toContain(runKernel('adam', { kernel }));
  });

test('without --kernel it is the update that the adapter class would run', () => {
  expect(updateDispatch('adam', { l1: 'prox' }).kernel).toBe('network-weight-update');
  expect(updateDispatch('adam', { l1: 'prox', adapter: 'software' }).kernel).toBe('dense-weight-update');
  expect(updateDispatch('lamb').kernel).toBe('scaled-update');
  expect(updateDispatch('sgd', { maxNorm: true, kernel: 'unit-constraint' }).kernel).toBe('unit-constraint');
});

test('every option changes the text, and every text compiles', async () => {
  const options: KernelOptions[] = [
    {}, { weightDecay: true }, { nonNegative: true }, { clip: 'value' },
    ...Object.keys(L1_RULES).map((l1) => ({ l1: l1 as keyof typeof L1_RULES })),
    ...Object.keys(L2_RULES).map((l2) => ({ l2: l2 as keyof typeof L2_RULES })),
  ];
  const texts = options.map((option) => runKernel('sgd', { kernel: 'update', ...option }));
  expect(new Set(texts).size).toBe(options.length);
  for (const text of texts) await expectCompiles(text);
});

test.each(kernels.map(({ name, source }) => [name, source] as const))('%s is printed, whole, and compiles', async (name, source) => {
  const printed = runKernel(name, {});
  expect(printed).toContain(source);
  expect(printed).toBe(`${wgslOf(kernelDispatch(name))}\n`);
  await expectCompiles(printed);
});

test('the list names every optimizer and kernel, each kernel with what it does', () => {
  const list = runKernel(undefined, {});
  for (const rule of OPTIMIZER_NAMES) expect(list).toMatch(new RegExp(`\\b${rule}\\b`));
  for (const { name } of kernels) expect(list).toMatch(new RegExp(`^  ${name} +[A-Z].{10}`, 'm'));
  expect(headline('// Adds a and b. Then rests.\n//\n// More.\n\nfn f() {}')).toBe('Adds a and b');
});

test('what is not there is refused in words', () => {
  const wrong = (call: () => unknown, words: RegExp): void => {
    expect(call).toThrow(InputError);
    expect(call).toThrow(words);
  };
  wrong(() => runKernel('adamax2', {}), /^There is no optimizer or kernel "adamax2"/);
  wrong(() => runKernel('toString', {}), /^There is no optimizer or kernel "toString"/);
  wrong(() => runKernel('adam', { kernel: 'softmax' }), /^--kernel softmax: with these options a step of adam has gather, dense-forward, head, .*network-weight-update, .*update\.$/);
  wrong(() => runKernel('ftrl', { weightDecay: true }), /^ftrl takes no --weight-decay/);
  wrong(() => runKernel('ftrl', { l1: 'decoupled' }), /FTRL/);
  wrong(() => runKernel('gather', { weightDecay: true }), /^--weight-decay belongs to an optimizer/);
  wrong(() => kernelDispatch('nothing'), /^There is no kernel "nothing"/);
  wrong(() => optimizerOf('nothing'), /^There is no optimizer "nothing". There are sgd, /);
  expect(everyKernel().length).toBeGreaterThan(0);
});

describe('the command', () => {
  const cli = new CommandLine();
  beforeAll(() => cli.build());
  afterAll(() => cli.remove());

  test('writes WGSL and nothing else to stdout', async () => {
    const { code, stdout, stderr } = await cli.run('kernel', 'adam', '--l1', 'prox');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(runKernel('adam', { l1: 'prox' }));
  });

  test('lists, and refuses with exit code and words', async () => {
    expect(await cli.run('kernel')).toMatchObject({ code: 0, stdout: runKernel(undefined, {}) });
    expect(await cli.run('kernel', 'nothing')).toMatchObject({ code: 1, stdout: '' });
    const wrong = await cli.run('kernel', 'adam', '--l1', 'soft');
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('prox');
  });

  test('its help fits 80 columns and names its options', async () => {
    const { stdout } = await cli.run('kernel', '--help');
    for (const option of ['--l1', '--l2', '--weight-decay', '--non-negative', '--max-norm', '--clip', '--kernel', '--adapter']) expect(stdout).toContain(option);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
