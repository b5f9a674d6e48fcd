/** `gradshader plan`: one training step as a table. Pure but for reading the data set's size. */
import type { Access } from '../kernels/kernel.ts';
import type { AdapterClass } from '../compile/tiles.ts';
import type { MemoryReport } from '../scheduler/buffers.ts';
import type { Dispatch } from '../scheduler/dispatch.ts';
import type { Plan } from '../scheduler/plan.ts';
import { estimateMemory, planOf } from '../train/estimate.ts';
import { kindOf, loadData, readerOf } from './data.ts';
import { settingsOf, type ModelOptions } from './options.ts';
import { formatRules, fusionOf, ruleReports, type FusionChoice } from './plan-rules.ts';
import { trainerConfig } from './settings.ts';
import { formatBytes } from './table.ts';

export interface PlanOptions extends ModelOptions {
  readonly adapter: AdapterClass;
  readonly json?: boolean;
}

/** What the command prints. @throws InputError, BadFileError */
export async function runPlan(options: PlanOptions): Promise<string> {
  const settings = await settingsOf(options);
  const { train, validation, test, classes } = await loadData(settings, readerOf(settings.data));
  const config = trainerConfig(settings, train.shape, classes, train.length, kindOf(train));
  const plan = planOf(config, options.adapter);
  const evaluate = [validation, test].filter((data) => data !== undefined);
  const memory = estimateMemory(config, { train, evaluate, keepBest: validation !== undefined, adapter: options.adapter });
  const fusion = fusionOf(config, options.adapter);
  return options.json ? `${JSON.stringify(planJson(plan, memory, fusion), null, 2)}\n` : formatPlan(plan, memory, options.adapter, fusion);
}

/** The plan as JSON shows it: without shader text, and what its numbers were made from. */
export const planJson = (plan: Plan, memory: MemoryReport, fusion: FusionChoice): object => ({
  name: plan.name,
  fusion,
  rules: ruleReports(plan),
  dispatches: plan.dispatches.map(({ shape: _shape, texts: _texts, ...dispatch }) => dispatch),
  flops: plan.flops, bytes: plan.bytes, buffers: plan.buffers, memory,
});

/** Floating-point operations in decimal units and three digits: `796 MFLOP`. */
export function formatFlops(flops: number): string {
  const units = ['FLOP', 'kFLOP', 'MFLOP', 'GFLOP', 'TFLOP'];
  let value = flops, unit = 0;
  for (; value >= (unit === 0 ? 1000 : 999.5) && unit < units.length - 1; unit++) value /= 1000;
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

const buffersOf = ({ bindings }: Dispatch, access: Access): string =>
  [...new Set(bindings.filter((binding) => binding.access === access).map(({ buffer }) => buffer))].join(', ');

/** Rows of equal length, the columns from `numbers` on aligned to the right. */
function align(rows: readonly (readonly string[])[], numbers: number): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => row.map((cell, i) => (i < numbers ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ').trimEnd());
}

/**
 * The dispatches of a step, each with its kernel, grid of workgroups, flops, bytes moved and buffers; totals; what
 * became of every fusion rule; and memory by category.
 */
export function formatPlan(plan: Plan, memory: MemoryReport, adapter: AdapterClass, fusion: FusionChoice): string {
  const { dispatches } = plan;
  const numbered = dispatches.map(({ kernel, grid, flops, bytes }, i) =>
    [String(i + 1), kernel, grid.join(' x '), formatFlops(flops), formatBytes(bytes)]);
  const total = ['', 'one step', '', formatFlops(plan.flops), formatBytes(plan.bytes)];
  const [heading, ...rows] = align([['', 'kernel', 'grid', 'work', 'traffic'], ...numbered, total], 2);
  const table = dispatches.flatMap((dispatch, i) => [
    rows[i]!,
    `     ${dispatch.label}`,
    `     reads ${buffersOf(dispatch, 'read')}`,
    `     writes ${buffersOf(dispatch, 'read-write')}`,
  ]);
  const { total: all, ...categories } = memory;
  const sizes = Object.entries(categories).sort(([, a], [, b]) => b - a).map(([name, bytes]) => [`  ${name}`, formatBytes(bytes)]);
  return [
    `One training step on a ${adapter} adapter: ${dispatches.length} dispatches`, '',
    heading, ...table, rows.at(-1)!, '',
    ...formatRules(plan, fusion), '',
    'GPU memory, data sets included',
    ...align([...sizes, ['  total', formatBytes(all)]], 1), '',
  ].join('\n');
}
