/**
 * Every case on one device, without a test framework: what a packed benchmark runs first. In plain Node, or Deno.
 * Arguments: a file for the report, and words that the names of the cases must contain; both may be left out.
 */
import { writeFileSync } from 'node:fs';
import { openDevice } from '../../src/device/index.ts';
import { cases } from '../cases/index.ts';
import { casesWith } from './cases.ts';

const device = await openDevice({ software: 'fallback' });
const [path, words = ''] = process.argv.slice(2);
const runs = casesWith(cases, device.gpu.features).filter(({ name }) => name.includes(words));
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
if (path !== undefined) writeFileSync(path, `${JSON.stringify({ adapter: device.adapter, results }, null, 2)}\n`);
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
