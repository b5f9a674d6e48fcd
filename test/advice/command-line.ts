/** Advice of the command line, where it is made. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { launchBrowser } from '../../src/cli/browser.ts';
import { findDeno } from '../../src/cli/bench/runtime.ts';
import { launchFirefox } from '../../src/cli/bench/firefox.ts';
import { openCompare } from '../../src/cli/compare/files.ts';
import { checkVariants } from '../../src/cli/compare/variants.ts';
import { runFolder } from '../../src/cli/files.ts';
import { hostOf } from '../../src/cli/host.ts';
import { layersModel, parseLayers } from '../../src/cli/layers.ts';
import { openRun, type RunConfig } from '../../src/cli/run-folder.ts';
import { findData } from '../../src/cli/sources.ts';
import { train, type TrainRun } from '../../src/cli/train.ts';
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

/** A network of four hidden units on a few images, in this process. */
async function trainAt(learningRate: number, run: Partial<TrainRun> & { readonly at: (name: string) => string }): Promise<void> {
  const { at, stopped } = run;
  if (stopped === undefined) writeData(at('data'), { train: 40, test: 8 });
  const config: RunConfig = {
    data: await findData(at('data')), hidden: [4], batchSize: 8, seed: 1, optimizer: 'sgd', learningRate, l1: 0, l2: 0, weightDecay: 0, dropout: 0, inputDropout: 0, epochs: 3, host: 'node',
  };
  const stream = Object.assign(new PassThrough(), { isTTY: false });
  stream.resume();
  await train({ host: hostOf('node', {}), config, software: 'only', repeat: [], ...(stopped ? { stopped, isRateNew: true } : { out: at('run') }) }, stream);
}

/** Training that diverges, and what then goes on at the rate that is advised. */
const diverge = (goesOn: boolean): Promise<void> => inFolder(async (at) => {
  try {
    await trainAt(3e38, { at });
  } catch (error) {
    if (!goesOn) throw error;
    const rate = Number(/--learning-rate (.+)$/.exec((error as Error).message)![1]);
    await trainAt(rate, { at, stopped: await openRun(at('run')) });
  }
});

const variants = (given: Readonly<Record<string, unknown>>): void => checkVariants(given, (name) => `--${name}`);

export const commandAdvice: readonly Advice[] = [
  advice('Put a comma between layers', () => parseLayers('dense 5 dense'), () => parseLayers('dense 5, dense')),
  advice('Put ", dense" behind it.', () => parseLayers('dense 5, relu'), () => parseLayers('dense 5, relu, dense')),
  advice('or dense alone.', () => layersModel('dense 1', [4], 2), () => [layersModel('dense 2', [4], 2), layersModel('dense', [4], 2)]),
  advice('Give one of these two, or --hidden.', () => variants({ layers: 'dense' }), () => {
    for (const given of [{ layers: 'dense', activations: ['relu'] }, { layers: 'dense', inits: [] }, { hidden: [5] }]) variants(given);
  }),
  advice('Put it into that list.', () => variants({ activations: ['relu'], activation: 'tanh' }), () => variants({ activations: ['relu', 'tanh'] })),
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
  advice('model.safetensors holds these weights. To go on from them with a smaller learning rate:', () => diverge(false), () => diverge(true)),
  advice('Give the folder of a run, or the model file in it.', () => openRun('no-such-run'), () => {}),
  advice('Give the folder of a compare run.', () => openCompare('no-such-run'), () => {}),
  advice('Install it (https://deno.com, or npm install --global deno), or give its path with --runtime.', () => findDeno(undefined, { PATH: '' }), () => inFolder((at) => findDeno(at('file')))),
  advice('or give the path of its program with --browser.', () => launchFirefox({ browserPath: 'no-such-firefox' }), () => {}),
  advice('Give the path of a Chrome, Edge or Chromium program.', () => launchBrowser({ browserPath: 'no-such-browser' }), () => {}),
];
