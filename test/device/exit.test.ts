/** close() lets a Node process end by itself with code 0: 50 of 50. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundle } from '../hosts/bundle.ts';

test('50 of 50 processes compute, close and exit with code 0', async () => {
  // Inside the project, so that the optional packages are found from it.
  const folder = mkdtempSync(join('node_modules', '.exit-test-'));
  try {
    const script = join(folder, 'exit.mjs');
    writeFileSync(script, await bundle('test/device/exit-entry.ts'));
    const ends: string[] = [];
    for (let i = 0; i < 50; i += 1) {
      const { status, signal, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8', timeout: 30_000 });
      ends.push(status === 0 && stdout === 'done\n' ? 'ok' : `${i}: status ${status}, signal ${signal}: ${stdout}${stderr}`);
    }
    expect(ends.filter((end) => end !== 'ok')).toEqual([]);
    expect(ends.length).toBe(50);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
