import { describe, expect, it } from 'vitest';
import { formatFlops, formatPlan, planJson } from '../../src/cli/plan.ts';
import { formatRules, fusionOf, ruleReports, type RuleReport } from '../../src/cli/plan-rules.ts';
import { trainerConfig, type Settings } from '../../src/cli/settings.ts';
import { InputError } from '../../src/errors.ts';
import { FUSION_RULES } from '../../src/ops/rules/index.ts';
import { MEANINGS } from '../../src/ops/rules/meanings.ts';
import { estimateMemory, planOf } from '../../src/train/estimate.ts';

const FLAGSHIP: Settings = {
  data: { name: 'mnist', train: { images: '', labels: '' } }, hidden: [1000, 500], inputDropout: 0, dropout: 0, optimizer: 'momentum',
  learningRate: 0.05, momentum: 0.9, l1: 0, l2: 0, weightDecay: 0, batchSize: 128, seed: 1,
};

describe.each([['hardware', 6], ['software', 10]] as const)('the flagship on %s', (adapter, count) => {
  const config = trainerConfig(FLAGSHIP, [28, 28], 10);
  const plan = planOf(config, adapter);
  const memory = estimateMemory(config, { adapter });
  const lines = formatPlan(plan, memory, adapter, fusionOf(config, adapter)).split('\n');

  it(`is a table of ${count} dispatches`, () => {
    expect(lines[0]).toBe(`One training step on a ${adapter} adapter: ${count} dispatches`);
    const rows = lines.filter((line) => /^\d+ +[a-z-]+ +\d+ x \d+ x \d+ +[\d.]+ [kMG]?FLOP +[\d.]+ [KM]iB$/.test(line));
    expect(rows).toHaveLength(count);
    plan.dispatches.forEach(({ kernel, grid, label, bindings }, i) => {
      expect(rows[i]).toMatch(new RegExp(`^${i + 1} +${kernel} +${grid.join(' x ')} `));
      const at = lines.indexOf(rows[i]!);
      expect(lines[at + 1]).toBe(`     ${label}`);
      for (const { buffer, access } of bindings) {
        if (access !== 'uniform') expect(lines[at + (access === 'read' ? 2 : 3)]!.trim().split(/,? /)).toContain(buffer);
      }
    });
  });

  it('adds up', () => {
    // Forward, input gradients of all but the first layer, weight gradients: 2 flops per weight and sample each.
    const weights = [784 * 1000, 1000 * 500, 500 * 10];
    const products = 2 * 128 * (weights.reduce((a, b) => a + 2 * b, 0) + weights[1]! + weights[2]!);
    expect(plan.flops).toBeGreaterThan(products);
    expect(plan.flops).toBeLessThan(1.02 * products);
    expect(lines.find((line) => line.includes('one step'))).toContain(formatFlops(plan.flops));
    const sizes = lines.slice(lines.indexOf('GPU memory, data sets included') + 1).filter((line) => line !== '');
    expect(sizes.map((line) => line.trim().split(/ +/)[0]).toSorted()).toEqual(Object.keys(memory).toSorted());
    const { total, ...parts } = memory;
    expect(Object.values(parts).reduce((a, b) => a + b, 0)).toBe(total);
  });

  it('fits a terminal', () => {
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(90);
  });
});

describe('fusion rules', () => {
  const NOT_ASKED = [{ on: 'train on data', why: 'this fusion leaves it out' }];
  const SLOPES = ['d(layers.1) in layers.2 input gradient', 'd(layers.0) in layers.1 input gradient'];
  const EPILOGUES = ['layers.0 relu in layers.0 forward', 'layers.1 relu in layers.1 forward'];
  const UPDATES = [0, 1, 2].map((n) => `layers.${n} weight gradient and update`);
  const HEAD = ['layers.2 forward, loss and logits gradient, layers.2 input gradient'];

  /** Where each rule fired, and where not and why. */
  function reported(more: Partial<Settings>, classes = 10) {
    const config = trainerConfig({ ...FLAGSHIP, ...more }, [28, 28], classes), plan = planOf(config), fusion = fusionOf(config, 'hardware');
    const reports = ruleReports(plan);
    expect(reports.map(({ name, meaning }) => ({ name, meaning }))).toEqual(FUSION_RULES.map(({ name }) => ({ name, meaning: MEANINGS[name] })));
    const outcomes = Object.fromEntries(reports.map(({ name, fired, refused }) => [name, fired.length > 0 ? fired : refused]));
    return { fusion, outcomes, lines: formatRules(plan, fusion) };
  }
  const APART = { 'slope-in-epilogue': SLOPES, epilogue: EPILOGUES };

  it.each([
    ['none', { 'fused-head': NOT_ASKED, 'update-in-epilogue': NOT_ASKED, 'one-dispatch-update': NOT_ASKED }],
    ['layer', { 'fused-head': NOT_ASKED, 'update-in-epilogue': UPDATES, 'one-dispatch-update': NOT_ASKED }],
    ['full', { 'fused-head': HEAD, 'update-in-epilogue': UPDATES, 'one-dispatch-update': [UPDATES.join(', ')] }],
  ] as const)('of fusion %s', (kind, rest) => {
    const { fusion, outcomes, lines } = reported({ fusion: kind });
    expect(fusion).toEqual({ kind });
    expect(outcomes).toEqual({ ...APART, ...rest });
    expect(lines[0]).toBe(`Fusion ${kind}, rule by rule`);
  });

  it.each<[string, Partial<Settings>, string]>([
    ['lamb', { optimizer: 'lamb', momentum: undefined } as object, 'the norms behind lamb'],
    ['clipping by norm', { clip: { by: 'norm', threshold: 1 } }, 'the norms behind clipping'],
    ['accumulation', { accumulate: 2 }, 'accumulating gradients'],
  ])('of %s, which needs the gradients: no update is fused, and no other fusion can be asked for', (_, more, keptFor) => {
    const { fusion, outcomes, lines } = reported(more);
    expect(fusion).toEqual({ kind: 'none', keptFor });
    expect(outcomes).toEqual({ ...APART, 'fused-head': NOT_ASKED, 'update-in-epilogue': [{ on: 'update of all parameters', why: `gradients are kept for ${keptFor}` }], 'one-dispatch-update': NOT_ASKED });
    expect(lines[0]).toBe(`Fusion none (gradients are kept for ${keptFor}), rule by rule`);
    expect(() => reported({ ...more, fusion: 'full' })).toThrow(InputError);
    expect(() => reported({ ...more, fusion: 'full' })).toThrow(keptFor);
  });

  it('of more classes than the head has room for: what else can be is still fused', () => {
    expect(reported({}, 768).outcomes['fused-head']).toEqual(HEAD);
    const { outcomes, lines } = reported({}, 769), why = '769 outputs are more than the 768 it is for';
    expect(outcomes).toMatchObject({ 'fused-head': [{ on: 'loss and logits gradient', why }], 'one-dispatch-update': [UPDATES.join(', ')] });
    expect(lines.join('\n').replace(/\n +(?!not)/g, ' ')).toContain(`not fired          loss and logits gradient: ${why}`);
  });

  it('of a network without hidden layers find nothing to fuse above the head', () => {
    const { outcomes, lines } = reported({ hidden: [] });
    expect(outcomes).toMatchObject({ 'slope-in-epilogue': [], epilogue: [], 'fused-head': ['layers.0 forward, loss and logits gradient'] });
    expect(lines.filter((line) => line === '    found nothing')).toHaveLength(2);
  });

  it('of a deep network with another activation are shortened, in columns of their own, for a terminal', () => {
    const { outcomes, lines } = reported({ hidden: Array.from({ length: 20 }, () => 16), activation: 'sigmoid', dropout: 0.5 });
    expect(outcomes['epilogue']).toHaveLength(40);
    expect(lines.filter((line) => / \.\.\. \d+ more \.\.\./.test(line))).toHaveLength(4);
    expect(lines.join('\n')).toContain('layers.19 sigmoid dropout in layers.19 forward');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(90);
    for (const line of lines.slice(1)) expect(line).toMatch(/^(?:  [a-z-]+ +| {4}(?:fired on|not fired) +| {23})\S/);
    expect(lines.slice(1).map((line) => /^ {2}\S+ +/.exec(line)?.[0].length ?? 23)).toEqual(lines.slice(1).map(() => 23));
  });
});

it('as JSON has everything but the shaders', () => {
  const config = trainerConfig({ ...FLAGSHIP, hidden: [16] }, [8, 8], 4);
  const plan = planOf(config);
  const json = JSON.parse(JSON.stringify(planJson(plan, estimateMemory(config), fusionOf(config, 'hardware')))) as { dispatches: Record<string, unknown>[]; flops: number; fusion: unknown; rules: RuleReport[] };
  expect(json.flops).toBe(plan.flops);
  expect(json.dispatches.map(({ kernel }) => kernel)).toEqual(plan.dispatches.map(({ kernel }) => kernel));
  expect(json.dispatches.map(({ constants }) => constants)).toEqual(plan.dispatches.map(({ constants }) => constants));
  expect(JSON.stringify(json)).not.toContain('@compute');
  expect(json.fusion).toEqual({ kind: 'full' });
  expect(json.rules).toEqual(ruleReports(plan));
});

it.each([[0, '0 FLOP'], [999, '999 FLOP'], [1000, '1.00 kFLOP'], [999_600, '1.00 MFLOP'], [796_686_552, '797 MFLOP'], [1.234e10, '12.3 GFLOP']])(
  '%d operations are %s', (flops, text) => expect(formatFlops(flops)).toBe(text));
