/** Programs that a shell would find. Node only. */
import { delimiter, join } from 'node:path';

/** Where programs of these names may lie on PATH: the first name in every folder, then the next. */
export function pathsOf(names: readonly string[], environment: NodeJS.ProcessEnv = process.env): string[] {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}
