/** Every case on one device of Dawn's in plain Node, without a test framework: what a packed benchmark runs first. */
import { writeFileSync } from 'node:fs';
import { openDevice } from '../../src/device/index.ts';
import { cases } from '../cases/index.ts';
import { casesWith } from './cases.ts';

const device = await openDevice({ software: 'fallback' });
const runs = casesWith(cases, device.gpu.features);
console.log(`Kernel suite: ${runs.length} cases on ${device.adapter.name}`);
const results: { name: string; ok: boolean; error?: string; lines: string[] }[] = [];
for (const { name, run } of runs) {
  const lines: string[] = [];
  try {
    await run(device, (line) => lines.push(line));
    results.push({ name, ok: true, lines });
  } catch (error) {
    results.push({ name, ok: false, error: (error as Error).message, lines });
    console.log(`FAILED ${name}\n  ${(error as Error).message}`);
  }
}
await device.close();
const failed = results.filter(({ ok }) => !ok).length;
const path = process.argv[2];
if (path !== undefined) writeFileSync(path, `${JSON.stringify({ adapter: device.adapter, results }, null, 2)}\n`);
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
