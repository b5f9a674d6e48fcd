// Where a build's files go. Programs may be running from there: they must meet no gap.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Chunks are named after what they hold: those of a build before are others. */
const CHUNK = /^(chunk|cli|shared)-\w+\.js(\.map)?$/;

const isChunk = (path) => CHUNK.test(path.split(/[/\\]/).at(-1));

/** Whole or not at all, and not again where it is there. */
function put(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) {
    const now = new Date();
    utimesSync(path, now, now);
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

/**
 * Writes what esbuild made: chunks before the entries that name them. Chunks that no build has made for so long go last: a
 * program that began with the build before may still ask for one.
 */
export function putOutputs(files, keptMilliseconds) {
  for (const { path, contents } of [...files].sort((a, b) => Number(isChunk(b.path)) - Number(isChunk(a.path)))) put(path, contents);
  const made = new Set(files.map(({ path }) => path));
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (isChunk(path) && !made.has(path) && Date.now() - statSync(path).mtimeMs >= keptMilliseconds) rmSync(path, { force: true });
    }
  }
}

/** SHA-256 of all that is under these paths: names and contents. */
export function digestOf(root, paths) {
  const hash = createHash('sha256');
  const add = (path) => {
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else hash.update(`${relative(root, path)}\0`).update(readFileSync(path)).update('\0');
  };
  for (const path of paths) if (existsSync(join(root, path))) add(join(root, path));
  return hash.digest('hex');
}

/** Whether the build that left this record was of these sources, and all its files are there. */
export function isBuilt(record, sources) {
  try {
    const { sources: known, files } = JSON.parse(readFileSync(record, 'utf8'));
    return known === sources && files.every((file) => existsSync(join(dirname(record), file)));
  } catch {
    return false; // There is none.
  }
}

export const keepRecord = (record, sources, files) =>
  put(record, Buffer.from(JSON.stringify({ sources, files: files.map((file) => relative(dirname(record), file)) })));
