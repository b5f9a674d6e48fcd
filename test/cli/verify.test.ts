/** `gradshader verify`: what it prints, right and wrong. */
import { expect, test } from 'vitest';
import { formatVerified } from '../../src/cli/verify.ts';
import type { VerifyReport } from '../../src/verify/report.ts';

const right: VerifyReport = {
  ok: true, about: '784-10, batch 128, 1 replica, momentum, fusion layer', adapter: 'some GPU', version: '0.1.0', features: [], wrong: [], milliseconds: 512,
  kernels: [{ kernel: 'gather', dispatches: 2, worst: 0, milliseconds: 3 }, { kernel: 'dense-forward', dispatches: 4, worst: 0.213, milliseconds: 100 }],
};

test('a line per kernel, and what came of it', () => {
  const text = formatVerified(right);
  expect(text).toMatch(/dense-forward +4 +0\.21 +0\.10 s {2}ok/);
  expect(text).toMatch(/Every number is right\. 0\.51 s\./);
  // 512 ms in all, 3 and 100 of them in kernels.
  expect(text).toMatch(/\nwaiting, compiling +0\.41 s\n/);
  expect(text).toMatch(/error\/bound: the largest error, in parts of what rounding explains; above 1 is wrong\./);
});

test('a wrong number is named with its place, its value and the bound', () => {
  const wrong = {
    plan: 'train on data.0', step: 1, kernel: 'dense-forward', label: 'layers.0 forward', where: 'activations.1', element: 17, wanted: 0.5, got: 0, allowed: 1e-7, count: 4,
  };
  const text = formatVerified({ ...right, ok: false, wrong: [wrong] });
  expect(text).toMatch(/dense-forward .* WRONG/);
  expect(text).toContain('dense-forward, layers.0 forward: 4 wrong in activations.1; [17] is 0 instead of 0.5');
  expect(text).toMatch(/computes wrongly/);
});
