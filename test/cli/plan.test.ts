import { describe, expect, it } from 'vitest';
import { formatFlops, formatPlan, planJson } from '../../src/cli/plan.ts';
import { trainerConfig, type Settings } from '../../src/cli/settings.ts';
import { estimateMemory, planOf } from '../../src/train/estimate.ts';

const FLAGSHIP: Settings = {
  data: { name: 'mnist', train: { images: '', labels: '' } }, hidden: [1000, 500], inputDropout: 0, dropout: 0, optimizer: 'momentum',
  learningRate: 0.05, momentum: 0.9, l1: 0, l2: 0, weightDecay: 0, batchSize: 128, seed: 1,
};

describe.each([['hardware', 6], ['software', 10]] as const)('the flagship on %s', (adapter, count) => {
  const config = trainerConfig(FLAGSHIP, [28, 28], 10);
  const plan = planOf(config, adapter);
  const memory = estimateMemory(config, { adapter });
  const lines = formatPlan(plan, memory, adapter).split('\n');

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

it('as JSON has everything but the shaders', () => {
  const config = trainerConfig({ ...FLAGSHIP, hidden: [16] }, [8, 8], 4);
  const plan = planOf(config);
  const json = JSON.parse(JSON.stringify(planJson(plan, estimateMemory(config)))) as { dispatches: Record<string, unknown>[]; flops: number };
  expect(json.flops).toBe(plan.flops);
  expect(json.dispatches.map(({ kernel }) => kernel)).toEqual(plan.dispatches.map(({ kernel }) => kernel));
  expect(json.dispatches.map(({ constants }) => constants)).toEqual(plan.dispatches.map(({ constants }) => constants));
  expect(JSON.stringify(json)).not.toContain('@compute');
});

it.each([[0, '0 FLOP'], [999, '999 FLOP'], [1000, '1.00 kFLOP'], [999_600, '1.00 MFLOP'], [796_686_552, '797 MFLOP'], [1.234e10, '12.3 GFLOP']])(
  '%d operations are %s', (flops, text) => expect(formatFlops(flops)).toBe(text));
