/** Whether two sets of runs may be of the same kind: Student's two-sided t test at 1 %. */
import { expect } from 'vitest';
import { runs, settingsOf, torchOf, type Run, type Task } from './task.ts';
import type { Dataset, Device } from '../../src/index.ts';

/** The quantile 0.995 of Student's t distribution with 3 + 3 - 2 and 24 + 24 - 2 degrees of freedom, by the seeds of each (scipy.stats.t.ppf). */
const CRITICAL: Readonly<Record<number, number>> = { 3: 4.604, 24: 2.687 };

const meanOf = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

/** Sum of squares about the mean. */
function squaresOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return values.reduce((sum, one) => sum + (one - mean) ** 2, 0);
}

/** The difference of the means in its own standard errors, from both sets' variance: that of one kind, if they are of one. */
export function studentT(a: readonly number[], b: readonly number[]): number {
  const variance = (squaresOf(a) + squaresOf(b)) / (a.length + b.length - 2);
  return (meanOf(a) - meanOf(b)) / Math.sqrt(variance * (1 / a.length + 1 / b.length));
}

export const isWithinNoise = (a: readonly number[], b: readonly number[]): boolean => Math.abs(studentT(a, b)) <= CRITICAL[a.length]!;

const textOf = (values: readonly number[]): string => `${meanOf(values).toFixed(5)} +- ${Math.sqrt(squaresOf(values) / (values.length - 1)).toFixed(5)}`;

type Figure = 'train' | 'test' | 'r2' | 'accuracy';

const figures = (runs: readonly Run[], figure: Figure): number[] => runs.map((run) => run[figure]!);

/** As tasks.py has it: a mean that any change of values or order changes. */
const mark = (values: ArrayLike<number>, scale: number): number => Array.from(values).reduce((sum, one, i) => sum + one * scale * ((i % 7) + 1), 0) / values.length;

/** Samples, inputs and targets are those that PyTorch had. */
export function expectSameData({ name, data: { train, test } }: Task): void {
  const targetsOf = ({ targets, inputs, scale }: Dataset): number => (targets === 'inputs' ? mark(inputs, scale) : mark(targets, 1));
  const want = torchOf(name);
  expect([train.length, test.length]).toEqual(want.samples);
  [mark(test.inputs, test.scale), targetsOf(test)].forEach((own, i) => expect(own).toBeCloseTo(want.mark[i]!, 6));
}

/** Trains with so many seeds, prints each figure of both, and returns the losses that are apart by more than noise. */
export async function beyondNoise(device: Device, task: Task, settings = settingsOf(task.name)): Promise<string[]> {
  const own = await runs(device, task, settings), torch = torchOf(task.name).runs.slice(0, settings.seeds);
  const shown: Figure[] = ['train', 'test', ...(task.metric ? [task.metric] : [])];
  const said = shown.map((figure) => {
    const both = [figures(own, figure), figures(torch, figure)] as const;
    const text = `${task.name}, ${figure}: ${textOf(both[0])}, PyTorch ${textOf(both[1])}, t ${studentT(...both).toFixed(2)}`;
    return { isApart: (figure === 'train' || figure === 'test') && !isWithinNoise(...both), text };
  });
  console.log(said.map(({ text }) => text).join('\n'));
  return said.filter(({ isApart }) => isApart).map(({ text }) => text);
}
