/**
 * Node only: unpacks what the npm package @sparticuz/chromium carries: a software Vulkan driver, a browser,
 * and the libraries that browser needs. No install script and no system package is involved.
 *
 * Node's modules are taken from `process.getBuiltinModule`, so that a bundler for browsers finds no import of them.
 */
import { BadFileError } from '../errors.ts';
import { makeFolder } from '../folder.ts';

/** What can be unpacked, and the archives of the package it is made of. */
const CONTENTS = {
  swiftshader: ['swiftshader.tar.br'],
  // Chromium looks for its graphics libraries beside itself; lib/ and fonts/ are for machines that lack them.
  browser: ['chromium.br', 'swiftshader.tar.br', 'al2023.tar.br', 'fonts.tar.br'],
} as const;

/**
 * The folder that holds what was asked for; unpacked on first use into the user's cache folder, under a name
 * with the package's version. Written beside and renamed, so that a folder that exists is whole.
 *
 * @returns undefined when the package is not installed or this is not Linux on x64.
 */
export async function packedFolder(name: keyof typeof CONTENTS): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const { join } = process.getBuiltinModule('node:path');
  const { existsSync, readFileSync } = process.getBuiltinModule('node:fs');
  const packageRoot = findPackage();
  if (packageRoot === undefined) return undefined;
  const archives = CONTENTS[name].map((archive) => join(packageRoot, 'bin', archive));
  if (!archives.every((archive) => existsSync(archive))) return undefined;
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  const folder = join(cacheFolder(), `${name}-${version}`);
  if (!existsSync(folder)) await unpack(archives, folder);
  return folder;
}

/**
 * What makes the Vulkan loader find the driver of the folder 'swiftshader' and no other. The newer variable wins over
 * the older one where a loader knows both.
 */
export function packedDriver(folder: string): Record<'VK_ICD_FILENAMES' | 'VK_DRIVER_FILES', string> {
  const manifest = `${folder}/vk_swiftshader_icd.json`;
  return { VK_ICD_FILENAMES: manifest, VK_DRIVER_FILES: manifest };
}

function findPackage(): string | undefined {
  const { createRequire } = process.getBuiltinModule('node:module');
  const { dirname, join } = process.getBuiltinModule('node:path');
  const { existsSync } = process.getBuiltinModule('node:fs');
  try {
    let folder = dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium'));
    while (!existsSync(join(folder, 'bin')) && folder !== dirname(folder)) folder = dirname(folder);
    return existsSync(join(folder, 'bin')) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A folder only this user can write: what is unpacked there is loaded as code. The home folder's cache, or a
 * private folder in the temporary one where there is no writable home.
 */
function cacheFolder(): string {
  const { join } = process.getBuiltinModule('node:path');
  const { accessSync, statSync, constants } = process.getBuiltinModule('node:fs');
  const { homedir, tmpdir } = process.getBuiltinModule('node:os');
  const uid = process.getuid?.() ?? 0;
  const bases = [
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'gradshader'),
    join(tmpdir(), `gradshader-${uid}`),
  ];
  for (const base of bases) {
    try {
      makeFolder(base, 0o700);
      accessSync(base, constants.W_OK);
      if (statSync(base).uid === uid) return base;
    } catch {
      // The next one may be writable.
    }
  }
  throw new BadFileError(bases.join(' or '), 'cannot be written by this user. Set XDG_CACHE_HOME to a folder of yours.');
}

async function unpack(archives: readonly string[], folder: string): Promise<void> {
  const { promisify } = process.getBuiltinModule('node:util');
  const { brotliDecompress } = process.getBuiltinModule('node:zlib');
  const fs = process.getBuiltinModule('node:fs/promises');
  const { existsSync } = process.getBuiltinModule('node:fs');
  const { join, dirname, basename } = process.getBuiltinModule('node:path');
  const fresh = await fs.mkdtemp(`${folder}-unpacking-`);
  try {
    for (const archive of archives) {
      const bytes = await promisify(brotliDecompress)(await fs.readFile(archive));
      const plain = { path: basename(archive, '.br'), bytes };
      for (const file of archive.endsWith('.tar.br') ? readTar(archive, bytes) : [plain]) {
        const target = join(fresh, file.path);
        await fs.mkdir(dirname(target), { recursive: true });
        await fs.writeFile(target, file.bytes, { mode: 0o755 });
      }
    }
    await fs.rename(fresh, folder);
  } catch (error) {
    await fs.rm(fresh, { recursive: true, force: true });
    // Another process was first: its folder is as good as ours.
    if (!existsSync(folder)) throw error;
  }
}

/** The regular files of a ustar archive: 512-byte headers, names of up to 100 bytes, sizes in octal. */
function readTar(archive: string, bytes: Buffer): { path: string; bytes: Buffer }[] {
  const files: { path: string; bytes: Buffer }[] = [];
  const text = (from: number, length: number): string =>
    bytes.toString('utf8', from, from + length).split('\0', 1)[0] ?? '';
  for (let at = 0; at + 512 <= bytes.length; ) {
    const path = text(at, 100);
    if (path === '') break;
    const size = Number.parseInt(text(at + 124, 12), 8);
    const type = text(at + 156, 1);
    if (!Number.isFinite(size) || path.startsWith('/') || path.split('/').includes('..')) {
      throw new BadFileError(archive, `entry "${path}" is not one of a plain archive. Install the package again.`);
    }
    if (type === '0' || type === '') files.push({ path, bytes: bytes.subarray(at + 512, at + 512 + size) });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}
