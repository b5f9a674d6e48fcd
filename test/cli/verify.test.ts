/** `gradshader verify`: what it prints, right and wrong, and the whole command on both hosts. */
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pack, unpack } from '../../src/cli/crossing.ts';
import { formatVerified, printVerified, type VerifyHost } from '../../src/cli/verify.ts';
import type { VerifyJob } from '../../src/cli/verify-session.ts';
import type { VerifyReport } from '../../src/verify/report.ts';
import { CommandLine, writeData } from './cli.ts';

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

test('numbers that JSON has no words for come out of a page as they are, and so does what is printed of them', async () => {
  const [wrong] = [NaN, Infinity, -Infinity].map((got) => ({
    plan: 'train on data.0', step: 1, kernel: 'dense-forward', label: 'layers.0 forward', where: 'activations.1', element: 17, wanted: 0.5, got, allowed: 1e-7, count: 4,
  }));
  const report: VerifyReport = { ...right, ok: false, wrong: [wrong!], kernels: [{ kernel: 'dense-forward', dispatches: 4, worst: Infinity, milliseconds: 100 }] };
  expect(unpack(pack({ report, no: undefined, list: [NaN, -Infinity, 0, 'NaN', null] }))).toEqual({ report, list: [NaN, -Infinity, 0, 'NaN', null] });
  const printed = async (host: VerifyHost): Promise<[number, string]> => {
    const out = new PassThrough({ encoding: 'utf8' });
    return [await printVerified(host, {} as VerifyJob, false, out), out.read() as string];
  };
  const text = formatVerified(report);
  expect(text).toContain('[17] is NaN instead of 0.5');
  expect(await printed(async (_, listener) => listener.verified(unpack(pack(report)) as VerifyReport))).toEqual([1, text]);
  expect(await printed(async (_, listener) => listener.verified(right))).toEqual([0, formatVerified(right)]);
});

const cli = new CommandLine();
beforeAll(async () => {
  await cli.build();
  writeData(cli.path('tiny'), { train: 64, test: 8 });
});
afterAll(() => cli.remove());

test('in Chrome as in Node: the same kernels of the same network, and the same exit codes', async () => {
  const verify = (...words: string[]) => cli.run('verify', '--data', 'tiny', '--hidden', '8', '--batch-size', '16', ...words);
  const reportOf = async (...words: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await verify('--json', '--software', ...words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { about, ok, wrong, kernels } = JSON.parse(stdout) as VerifyReport;
    expect(kernels.length).toBeGreaterThan(5);
    return { about, ok, wrong, kernels: kernels.map(({ kernel, dispatches }) => [kernel, dispatches]) };
  };
  expect(await reportOf('--host', 'chrome')).toEqual(await reportOf());
  const refused = await verify('--host', 'chrome', '--browser', '/no/such/browser');
  expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('There is no browser at /no/such/browser') as string });
});
