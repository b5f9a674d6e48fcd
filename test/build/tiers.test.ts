/** `.ci/run` adds both tiers up, whatever becomes of either: its last line and its exit code are what a machine reads. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradshader-tiers-'));
  cpSync('.ci', join(folder, '.ci'), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs it in a project whose tiers are these shell commands. */
function run(quick: string, more: string): { last: string; status: number | null } {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'tiers', scripts: { test: quick, 'test:more': more } }));
  const { stdout, status } = spawnSync('bash', [join(folder, '.ci', 'run')], { encoding: 'utf8' });
  return { last: stdout.trimEnd().split('\n').at(-1)!, status };
}

const FINE = 'echo lint: ok; echo 12 passed, 0 failed';

test.each([
  ['both pass', FINE, 'echo 3 passed, 0 failed', '15 passed, 0 failed', 0],
  ['tests fail in the first', 'echo 10 passed, 2 failed; exit 1', FINE, '22 passed, 2 failed', 1],
  ['tests fail in the second', FINE, 'echo 10 passed, 2 failed; exit 1', '22 passed, 2 failed', 1],
  ['one says nothing', 'echo nothing', FINE, '12 passed, 1 failed', 1],
  ['one counts no failure but fails', FINE, 'echo 3 passed, 0 failed; exit 7', '15 passed, 1 failed', 1],
  ['neither can run', 'exit 9', 'no-such-program', '0 passed, 2 failed', 1],
])('%s', (_, quick, more, last, status) => {
  expect(run(quick, more)).toEqual({ last, status });
});

test('every test file is in one tier, and both tiers have an npm script', () => {
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.test.'));
  expect(files.filter((name) => !/^[\w/\\-]+(\.more)?\.test\.ts$/.test(name))).toEqual([]);
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  expect(scripts).toMatchObject({ test: 'node build.mjs test', 'test:more': 'node build.mjs test:more' });
});
