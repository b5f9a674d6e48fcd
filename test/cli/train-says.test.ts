/** What `gradshader train` says of the adapter's results: before the first step, and where a kernel was replaced. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunConfig } from '../../src/cli/run-folder.ts';
import type { Listener, Started } from '../../src/cli/session.ts';
import { train } from '../../src/cli/train.ts';
import type { Verifying } from '../../src/train/events.ts';
import type { VerifyReport } from '../../src/verify/report.ts';

let folder = '';
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'gradshader-says-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const STARTED: Started = { summary: 'a network', step: 0, epoch: 0, stepsPerEpoch: 2, samples: { train: 8, validation: 0, test: 0 }, notes: [] };
const config = (more: Partial<RunConfig>): RunConfig => ({
  data: { name: 'small', train: { images: 'i', labels: 'l' } }, hidden: [], inputDropout: 0, dropout: 0, optimizer: 'sgd', learningRate: 0.1,
  l1: 0, l2: 0, weightDecay: 0, batchSize: 4, seed: 1, epochs: 1, host: 'node', ...more,
});

/** All that is said while a host that only tells this runs. */
async function said(more: Partial<RunConfig>, tell: (listener: Listener) => Promise<void> | void): Promise<string> {
  let text = '';
  const stream = new Writable({ write: (chunk, _, done) => { text += String(chunk); done(); } });
  const host = { run: async (_: unknown, listener: Listener) => { await listener.started(STARTED); await tell(listener); } };
  await train({ host, config: config(more), software: 'fallback', repeat: [], out: mkdtempSync(join(folder, 'run-')) }, stream);
  return text;
}

const events = [0, 0.5, 1].map((done): Verifying => ({ done, milliseconds: 3100 * done, ...(done === 1 && { place: '/cache/verified.json' }) }));

test('that results are checked, how long it took and where that is remembered', async () => {
  const text = await said({}, (listener) => events.forEach((event) => listener.verifying(event)));
  expect(text).toContain('Checking results against float64 ...\nResults checked against float64 in 3.1 s; remembered in /cache/verified.json.\n');
});

test('without a place none is named; nor in a browser of its own, which forgets', async () => {
  const end = { done: 1, milliseconds: 3100 };
  expect(await said({}, (listener) => listener.verifying(end))).toContain('\nResults checked against float64 in 3.1 s.\n');
  const text = await said({ host: 'chrome' }, (listener) => listener.verifying({ ...end, place: "the browser's Cache storage" }));
  expect(text).toContain('\nResults checked against float64 in 3.1 s; this browser does not remember it.\n');
});

test('where nothing is checked, nothing is said of it', async () => {
  for (const more of [{}, { verify: 'off' as const }]) expect(await said(more, () => {})).not.toMatch(/float64|check/i);
});

test('a kernel that was replaced is named, with what to do', async () => {
  const wrong = { plan: 'train', step: 0, kernel: 'dense-forward', label: 'layers.0 forward', where: 'activations.1', element: 0, wanted: 1, got: 0, allowed: 0, count: 1 };
  const report: VerifyReport = { ok: false, about: '', adapter: 'some GPU', version: '', features: [], kernels: [], wrong: [wrong], milliseconds: 1 };
  const text = await said({}, (listener) => listener.fallback(report));
  expect(text).toContain('This adapter computes dense-forward (layers.0 forward) wrongly. Training went on with other tiles, which it computes rightly.\nUpdate the driver or use another adapter.');
});
