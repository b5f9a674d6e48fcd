/** The packed benchmark: what the archive holds, and what is refused. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { archive } from '../../src/cli/bench/archive.ts';
import { pack, PACK_ROOT } from '../../src/cli/bench/pack.ts';
import { InputError } from '../../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'pack-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('archive', () => {
  test('tar reads back every file, whatever its length', async () => {
    const files = [0, 1, 511, 512, 513].map((length) => ({ path: `deep/${length}`, bytes: new Uint8Array(length).fill(length % 251) }));
    writeFileSync(join(folder, 'a.tar.gz'), await archive([...files, { path: 'run', bytes: new Uint8Array([35]), executable: true }]));
    execFileSync('tar', ['-xzf', 'a.tar.gz'], { cwd: folder });
    for (const { path, bytes } of files) expect([...readFileSync(join(folder, path))]).toEqual([...bytes]);
    expect(statSync(join(folder, 'run')).mode & 0o777).toBe(0o755);
    expect(statSync(join(folder, 'deep/513')).mode & 0o777).toBe(0o644);
  });

  test('a name that does not fit the header is refused', async () => {
    await expect(archive([{ path: 'x'.repeat(101), bytes: new Uint8Array(1) }])).rejects.toThrow(InputError);
  });
});

describe('pack', () => {
  // Beside the real programs, so that packages are found as they are from there.
  mkdirSync('dist', { recursive: true });
  const dist = resolve(mkdtempSync('dist/pack-'));
  afterAll(() => rmSync(dist, { recursive: true }));
  const node = join(dist, 'small-node');
  const options = { dist, node, platform: 'linux x64', packages: { webgpu: ['package.json', 'index.js', 'none'] } };

  test('programs that are not built are named, and nothing is written', async () => {
    await expect(pack(join(folder, 'b.tar.gz'), options)).rejects.toThrow(/cli\.js and cases\.js.*npm run build/s);
    expect(readdirSync(folder).filter((name) => name.includes('b.tar'))).toEqual([]);
  });

  test('another platform is refused', async () => {
    await expect(pack(join(folder, 'c.tar.gz'), { ...options, platform: 'darwin arm64' })).rejects.toThrow(/Linux on x64.*darwin arm64/s);
    expect(existsSync(join(folder, 'c.tar.gz'))).toBe(false);
  });

  test('what is unpacked runs the suite, then the bench with its arguments; either failure is the exit code', async () => {
    for (const name of ['cli.js', 'cases.js', 'cli-AB12.js', 'cli-AB12.js.map', 'serve.js']) writeFileSync(join(dist, name), '');
    // Stands for Node: says what it is asked to run, and fails when told to.
    writeFileSync(node, '#!/bin/sh\nfile=$(basename "$1"); shift\necho "$file $*"\ncase $file in cases.js) exit ${CASES:-0} ;; esac\nexit ${BENCH:-0}\n');
    const bytes = await pack(join(folder, 'd.tar.gz'), options);
    expect(bytes).toBe(statSync(join(folder, 'd.tar.gz')).size);
    const listed = execFileSync('tar', ['-tzf', 'd.tar.gz'], { cwd: folder, encoding: 'utf8' }).trim().split('\n');
    const wanted = ['run', 'package.json', 'node', 'dist/cli.js', 'dist/cases.js', 'dist/cli-AB12.js', 'node_modules/webgpu/package.json', 'node_modules/webgpu/index.js'];
    expect(listed).toEqual(wanted.map((path) => `${PACK_ROOT}/${path}`));
    execFileSync('tar', ['-xzf', 'd.tar.gz'], { cwd: folder });
    const run = (env: Record<string, string>): string =>
      execFileSync(join(folder, PACK_ROOT, 'run'), ['--suites', 'step'], { cwd: folder, env: { ...process.env, ...env }, encoding: 'utf8' });
    expect(run({})).toBe('cases.js runs/cases.json\ncli.js bench --host node --suites step\n');
    expect(() => run({ CASES: '3' })).toThrow(expect.objectContaining({ status: 3 }) as Error);
    expect(() => run({ BENCH: '4' })).toThrow(expect.objectContaining({ status: 4 }) as Error);
  });
});
