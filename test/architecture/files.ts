/** The project's own files, as text. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SourceFile {
  /** From the project's root, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** All files under a folder whose names end so; none if the folder is not there. */
export function filesUnder(folder: string, ending: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name).replaceAll('\\', '/'))
    .filter((path) => path.endsWith(ending))
    .sort()
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

export const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');

/** The name of a file without folder and ending. */
export const stem = (path: string): string => path.replace(/^.*\//, '').replace(/\.\w+$/, '');

/** Files that match a pattern, as 'path: match'. */
export const matches = (files: readonly SourceFile[], pattern: RegExp): string[] =>
  files.flatMap(({ path, text }) => (withoutComments(text).match(pattern) ?? []).slice(0, 1).map((found) => `${path}: ${found}`));
