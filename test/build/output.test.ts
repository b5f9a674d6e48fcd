/** Programs run from the folder that a build writes into: at no moment is anything missing there. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

interface Output { readonly path: string; readonly contents: Uint8Array }
interface OutputModule {
  putOutputs(files: readonly Output[], keptMilliseconds: number): void;
  digestOf(root: string, paths: readonly string[]): string;
  isBuilt(record: string, sources: string): boolean;
  keepRecord(record: string, sources: string, files: readonly string[]): void;
}

const { putOutputs, digestOf, isBuilt, keepRecord } = await import(pathToFileURL('src/cli/build/output.mjs').href) as OutputModule;

let folder = '';
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'gradshader-output-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): Output => ({ path: join(folder, name), contents: Buffer.from(text) });
const HOUR = 3600e3;

test('what ran before stays until all that is new is there: an entry that cannot be written leaves the old chunk', () => {
  putOutputs([file('cli.js', "import './cli-AAAA.js'"), file('cli-AAAA.js', 'old')], 0);
  mkdirSync(join(folder, 'blocked.js'));
  expect(() => putOutputs([file('blocked.js', "import './cli-BBBB.js'"), file('cli-BBBB.js', 'new')], 0)).toThrow();
  // The chunk came before the entry that names it, and nothing was removed.
  expect(readFileSync(join(folder, 'cli-BBBB.js'), 'utf8')).toBe('new');
  expect(readFileSync(join(folder, 'cli-AAAA.js'), 'utf8')).toBe('old');
});

test('chunks of the build before stay as long as a program may run from them, then only those go', () => {
  putOutputs([file('cli.js', '1'), file('cli-AAAA.js', 'a'), file('shared-CCCC.js', 'c')], HOUR);
  writeFileSync(join(folder, 'other.js'), 'not a chunk');
  putOutputs([file('cli.js', '2'), file('cli-BBBB.js', 'b'), file('shared-CCCC.js', 'c')], HOUR);
  expect(readdirSync(folder).sort()).toEqual(['cli-AAAA.js', 'cli-BBBB.js', 'cli.js', 'other.js', 'shared-CCCC.js']);
  const old = new Date(Date.now() - 2 * HOUR);
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), old, old);
  putOutputs([file('cli.js', '2'), file('cli-BBBB.js', 'b'), file('shared-CCCC.js', 'c')], HOUR);
  expect(readdirSync(folder).sort()).toEqual(['cli-BBBB.js', 'cli.js', 'other.js', 'shared-CCCC.js']);
  // A chunk that was made again is as young as the build that made it.
  putOutputs([file('cli.js', '3')], HOUR);
  expect(existsSync(join(folder, 'cli-BBBB.js'))).toBe(true);
  putOutputs([file('cli.js', '3')], 0);
  expect(readdirSync(folder).sort()).toEqual(['cli.js', 'other.js']);
});

test('a file that is as it was is not written again', () => {
  putOutputs([file('cli.js', '1')], 0);
  const { ino } = statSync(join(folder, 'cli.js'));
  putOutputs([file('cli.js', '1')], 0);
  expect(statSync(join(folder, 'cli.js')).ino).toBe(ino);
  expect(readdirSync(folder)).toEqual(['cli.js']);
});

test('what was built from the same sources is not built again: any change of a name or a byte, or a missing file, counts', () => {
  const source = join(folder, 'src'), dist = join(folder, 'dist'), record = join(dist, 'build-report.json');
  mkdirSync(join(source, 'deep'), { recursive: true });
  mkdirSync(dist);
  writeFileSync(join(source, 'deep', 'a.ts'), 'a');
  writeFileSync(join(dist, 'cli.js'), '');
  const sources = (): string => digestOf(folder, ['src', 'none']);
  expect(isBuilt(record, sources())).toBe(false);
  keepRecord(record, sources(), [join(dist, 'cli.js')]);
  expect(isBuilt(record, sources())).toBe(true);
  writeFileSync(join(source, 'deep', 'a.ts'), 'b');
  expect(isBuilt(record, sources())).toBe(false);
  writeFileSync(join(source, 'deep', 'a.ts'), 'a');
  expect(isBuilt(record, sources())).toBe(true);
  writeFileSync(join(source, 'b.ts'), '');
  expect(isBuilt(record, sources())).toBe(false);
  rmSync(join(source, 'b.ts'));
  rmSync(join(dist, 'cli.js'));
  expect(isBuilt(record, sources())).toBe(false);
});
