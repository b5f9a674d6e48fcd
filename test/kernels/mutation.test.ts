/** Every listed mistake in every kernel is noticed by the kernel's own case, as a wrong answer. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Device, openDevice } from '../../src/device/index.ts';
import { kernels } from '../../src/kernels/index.ts';
import { Mismatch } from '../cases/compare.ts';
import { kernelCases } from '../cases/index.ts';
import { mutations, type Mutation } from './mutations.ts';

/** The mutated text. A pattern that is not there exactly once would prove nothing. */
function mutate({ kernel, what, from, to }: Mutation, code: string): string {
  const parts = code.split(from);
  if (parts.length !== 2) throw new Error(`${kernel}, ${what}: "${from}" occurs ${parts.length - 1} times in the kernel's text.`);
  return parts.join(to);
}

let device: Device;
beforeAll(async () => {
  device = await openDevice({ software: 'fallback' });
});
afterAll(async () => {
  await device?.close();
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
    test.each(mutations.filter(({ kernel }) => kernel === name))('$what', async (mutation) => {
      const found = kernelCases.find((one) => one.name === `${name}: ${mutation.case}`);
      if (found === undefined) throw new Error(`There is no case "${name}: ${mutation.case}".`);
      let texts = 0;
      const run = found.run(device, () => {}, (kernel, code) => {
        if (kernel !== name) return code;
        texts++;
        return mutate(mutation, code);
      });
      await expect(run).rejects.toBeInstanceOf(Mismatch);
      expect(texts).toBeGreaterThan(0);
    });
  });
}
