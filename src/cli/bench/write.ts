/** The files of a benchmark run. */
import { join, relative } from 'node:path';
import type { BenchReport } from '../../bench/types.ts';
import { writeWhole } from '../files.ts';
import { reportPage } from './report.ts';

export const REPORT = 'bench.json', PAGE = 'report.html';

/** Writes both files, each whole or not at all. */
export async function writeReport(folder: string, report: BenchReport, previous: BenchReport | undefined): Promise<void> {
  await writeWhole(join(folder, REPORT), `${JSON.stringify(report, null, 1)}\n`);
  await writeWhole(join(folder, PAGE), reportPage(report, previous));
}

/** As a person types it: relative to the working directory where that is shorter. */
export function shownPath(path: string): string {
  const short = relative('.', path) || '.';
  return short.length < path.length ? short : path;
}
