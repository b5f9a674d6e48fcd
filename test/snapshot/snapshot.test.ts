/**
 * Nothing changes for today's networks while the house around them is rebuilt: WGSL, grids, bindings and placements of
 * their plans, and the bits of their weights. With SNAPSHOT=write in the environment the file is made anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { useDevice } from '../train/device.ts';
import { hashesOf, plansOf } from './plans.ts';
import { weightsOf } from './weights.ts';

const FILE = 'test/snapshot/snapshot.json';
const isWriting = process.env['SNAPSHOT'] === 'write';
const device = useDevice();

interface Snapshot {
  plans?: Record<string, string>;
  weights?: Record<string, string[]>;
}

const saved = (): Snapshot => JSON.parse(readFileSync(FILE, 'utf8')) as Snapshot;
const write = (part: Snapshot): void => writeFileSync(FILE, `${JSON.stringify({ ...saved(), ...part }, null, 1)}\n`);

test('plans', () => {
  const plans = plansOf();
  const hashes = hashesOf(plans);
  const folder = process.env['SNAPSHOT_TEXTS'];
  if (folder !== undefined) for (const [name, text] of plans) writeFileSync(`${folder}/${name}.txt`, text);
  if (isWriting) write({ plans: hashes });
  expect(Object.keys(hashes).length).toBeGreaterThan(300);
  expect(hashes).toEqual(saved().plans);
});

test('weights after 100 steps', { timeout: 300_000 }, async () => {
  const weights = await weightsOf(device());
  if (isWriting) write({ weights });
  expect(weights).toEqual(saved().weights);
});
