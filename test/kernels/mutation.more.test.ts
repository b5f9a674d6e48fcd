/** Every listed mistake in every kernel is noticed by the kernel's own case, as a wrong answer. */
import { afterAll, describe, expect, test } from 'vitest';
import { openDevice } from '../../src/device/index.ts';
import { kernels } from '../../src/kernels/index.ts';
import { Mismatch } from '../cases/compare.ts';
import { kernelCases } from '../cases/index.ts';
import type { KernelCase } from '../cases/run-kernel.ts';
import { casesWith } from '../hosts/cases.ts';
import { mutations, type Mutation } from './mutations.ts';

/** The mutated text. A pattern that is not there exactly once would prove nothing. */
function mutate({ kernel, what, from, to }: Mutation, code: string): string {
  const parts = code.split(from);
  if (parts.length !== 2) throw new Error(`${kernel}, ${what}: "${from}" occurs ${parts.length - 1} times in the kernel's text.`);
  return parts.join(to);
}

// Opened before the tests are listed: its features say which cases there are.
const device = await openDevice({ software: 'fallback' });
afterAll(() => device.close());

const caseOf = ({ kernel, case: name }: Mutation): KernelCase => {
  const found = kernelCases.find((one) => one.name === `${kernel}: ${name}`);
  if (found === undefined) throw new Error(`There is no case "${kernel}: ${name}".`);
  return found;
};
const isRunnable = (mutation: Mutation): boolean => casesWith([caseOf(mutation)], device.gpu.features).length === 1;

test('every mutation has a case, and only those are left out whose features the adapter does not have', () => {
  for (const mutation of mutations.filter((one) => !isRunnable(one))) {
    expect(caseOf(mutation).features!.every((feature) => device.adapter.features.includes(feature)), mutation.what).toBe(false);
  }
});

test('every kernel has mutations, each of its own', () => {
  expect(new Set(mutations.map(({ kernel }) => kernel))).toEqual(new Set(kernels.map(({ name }) => name)));
  const texts = mutations.map((mutation) => JSON.stringify(mutation));
  expect(new Set(texts).size).toBe(texts.length);
});

test('a pattern that no longer matches is an error, and no wrong answer', () => {
  const mutation = { kernel: 'k', what: 'w', from: 'a', to: 'b', case: 'c' };
  expect(() => mutate(mutation, 'xyz')).toThrow('occurs 0 times');
  expect(() => mutate(mutation, 'aa')).toThrow('occurs 2 times');
  expect(mutate(mutation, 'xay')).toBe('xby');
});

for (const { name } of kernels) {
  describe(name, () => {
    test.each(mutations.filter((mutation) => mutation.kernel === name && isRunnable(mutation)))('$what', async (mutation) => {
      let texts = 0;
      const run = caseOf(mutation).run(device, () => {}, (kernel, code) => {
        if (kernel !== name) return code;
        texts++;
        return mutate(mutation, code);
      });
      await expect(run).rejects.toBeInstanceOf(Mismatch);
      expect(texts).toBeGreaterThan(0);
    });
  });
}
