import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runFolder, writeWhole } from '../../src/cli/files.ts';
import { InputError } from '../../src/errors.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradshader-files-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

describe('writeWhole', () => {
  it('writes text and bytes, over an old file too, and leaves nothing else', async () => {
    const path = join(folder, 'history.json');
    await writeWhole(path, 'a much longer old content');
    await writeWhole(path, 'новое');
    expect(await readFile(path, 'utf8')).toBe('новое');
    await writeWhole(path, Uint8Array.of(0, 255, 7).subarray(1));
    expect([...await readFile(path)]).toEqual([255, 7]);
    expect(await readdir(folder)).toEqual(['history.json']);
  });

  it('shows a reader only whole files, while many are written at once', async () => {
    const path = join(folder, 'big');
    const contents = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(1_000_000));
    await writeWhole(path, contents[0]!);
    const writing = Promise.all(contents.map((content) => writeWhole(path, content)));
    const reads = Promise.all(Array.from({ length: 40 }, () => readFile(path, 'utf8')));
    for (const read of await reads) expect(contents).toContain(read);
    await writing;
    expect(contents).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['big']);
  });

  it('leaves the old state when the rename fails', async () => {
    const path = join(folder, 'taken');
    await mkdir(path);
    await writeFile(join(path, 'inside'), 'x');
    await expect(writeWhole(path, 'new')).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['taken']);
    expect(await readFile(join(path, 'inside'), 'utf8')).toBe('x');
  });

  it('fails where the folder is missing', async () => {
    await expect(writeWhole(join(folder, 'none', 'file'), 'x')).rejects.toThrow(/ENOENT/);
  });
});

describe('runFolder', () => {
  it('refuses, at once, where no folder can be: Node itself would try for ever on /proc', async () => {
    const within = process.platform === 'linux' ? '/proc' : process.execPath;
    for (const path of [join(within, 'x'), join(within, 'x', 'y')]) await expect(runFolder(path)).rejects.toThrow(/^The run folder .*x.* cannot be used: E[A-Z]+.*Choose another with --out/);
  });

  it('makes a folder and its parents, and takes an empty one', async () => {
    const path = join(folder, 'a', 'b');
    expect(await runFolder(path)).toBe(path);
    expect((await stat(path)).isDirectory()).toBe(true);
    expect(await runFolder(path)).toBe(path);
  });

  it('refuses a folder that holds something, and says what, unless resuming', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await writeFile(join(folder, name), '');
    await expect(runFolder(folder)).rejects.toThrow(InputError);
    await expect(runFolder(folder)).rejects.toThrow(/holds a, b, c and 1 more.*--resume/);
    expect(await runFolder(folder, { resume: true })).toBe(folder);
    expect(await readdir(folder)).toHaveLength(4);
  });

  it('refuses a file as folder', async () => {
    const path = join(folder, 'file');
    await writeFile(path, 'x');
    await expect(runFolder(path)).rejects.toThrow(InputError);
    await expect(runFolder(join(path, 'sub'))).rejects.toThrow(InputError);
    expect(await readFile(path, 'utf8')).toBe('x');
  });

  it('names the default after the UTC time, and never gives one twice', async () => {
    vi.spyOn(process, 'cwd').mockReturnValue(folder);
    const now = new Date('2025-03-04T05:06:07.890Z');
    const paths = await Promise.all([runFolder(undefined, { now }), runFolder(undefined, { now }), runFolder(undefined, { now })]);
    const first = join(folder, 'runs', '2025-03-04T05-06-07');
    expect(paths.sort()).toEqual([first, `${first}-2`, `${first}-3`]);
  });
});
