/** Advice of the command line, where it is made. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser } from '../../src/cli/browser.ts';
import { findDeno } from '../../src/cli/bench/runtime.ts';
import { launchFirefox } from '../../src/cli/bench/firefox.ts';
import { openCompare } from '../../src/cli/compare/files.ts';
import { runFolder } from '../../src/cli/files.ts';
import { openRun } from '../../src/cli/run-folder.ts';
import { findData } from '../../src/cli/sources.ts';
import { writeData } from '../cli/cli.ts';
import { advice, type Advice } from './support.ts';

async function inFolder(work: (at: (name: string) => string) => unknown): Promise<void> {
  const folder = mkdtempSync(join('node_modules', '.advice-cli-'));
  try {
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'full'));
    writeFileSync(join(folder, 'full', 'history.json'), '{}');
    await work((name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const commandAdvice: readonly Advice[] = [
  advice('Choose another with --out, or go on from it with --resume.', () => inFolder((at) => runFolder(at('full'))), () => inFolder(async (at) => {
    await runFolder(at('other'));
    await runFolder(at('full'), { resume: true });
  })),
  advice(' cannot be used: ', () => inFolder((at) => runFolder(at('file'))), () => inFolder((at) => runFolder(at('other')))),
  advice("there is no such folder. Give 'mnist', a folder, or images,labels", () => findData('no-such-folder'), () => inFolder(async (at) => {
    writeData(at('data'), { train: 2, test: 2 });
    await findData('mnist');
    await findData(at('data'));
    await findData(`${at('data')}/train-images-idx3-ubyte,${at('data')}/train-labels-idx1-ubyte`);
  })),
  advice('Give the folder of a run, or the model file in it.', () => openRun('no-such-run'), () => {}),
  advice('Give the folder of a compare run.', () => openCompare('no-such-run'), () => {}),
  advice('Install it (https://deno.com, or npm install --global deno), or give its path with --runtime.', () => findDeno(undefined, { PATH: '' }), () => inFolder((at) => findDeno(at('file')))),
  advice('or give the path of its program with --browser.', () => launchFirefox({ browserPath: 'no-such-firefox' }), () => {}),
  advice('Give the path of a Chrome, Edge or Chromium program.', () => launchBrowser({ browserPath: 'no-such-browser' }), () => {}),
];
