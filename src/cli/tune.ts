/** `gradshader tune`: which tiles are fastest for a network on this adapter, printed and kept. */
import { Command } from 'commander';
import { openDevice } from '../device/index.ts';
import { prepare } from '../train/prepare.ts';
import { adapterTraits, classOf } from '../train/traits.ts';
import type { TuneProgress } from '../train/tune/option.ts';
import { tuneTiles } from '../train/tune/tune.ts';
import { kindOf, loadData, readerOf } from './data.ts';
import { onInterrupt } from './interrupt.ts';
import { addModelOptions, DATA_HELP, parseCount, parsePositive, settingsOf, type ModelOptions } from './options.ts';
import type { ProgressStream } from './progress.ts';
import { trainerConfig } from './settings.ts';
import { STOPPED } from './train.ts';
import { formatTune, tuneJson, WORDS } from './tune-report.ts';

export interface TuneCommandOptions extends ModelOptions {
  readonly replicas: number;
  /** Seconds. */
  readonly budget?: number;
  readonly cache: boolean;
  readonly json?: boolean;
  readonly software?: boolean;
}

/** Seconds: several times what a trainer takes, so that hardly anything is left untried. */
const BUDGET = { software: 30, hardware: 5 } as const;

const NOTE = {
  software: 'It computes on the CPU: these are no figures of a GPU.\n',
  unknown: 'It does not say whether it is a GPU: these are not to be called figures of one.\n',
  hardware: '',
} as const;

interface Streams {
  readonly out: NodeJS.WritableStream;
  readonly progress: ProgressStream;
}

/** One line that is written over on a terminal; elsewhere a line per product. */
function progressOn(stream: ProgressStream): { show(progress: TuneProgress): void; end(): void } {
  let last = '';
  return {
    show: ({ product, shape, candidate, number, count }) => {
      const subject = `${WORDS[product]}, ${shape}`;
      if (stream.isTTY) stream.write(`\r\u001b[K${`${subject}: ${candidate} (${number} of ${count})`.slice(0, (stream.columns ?? 80) - 1)}`);
      else if (subject !== last) stream.write(`Timing ${subject} ...\n`);
      last = subject;
    },
    end: () => {
      if (stream.isTTY && last !== '') stream.write('\r\u001b[K');
    },
  };
}

/** Runs the command and gives its exit code. @throws InputError, BadFileError, NoDeviceError and what tuning throws */
export async function runTune(options: TuneCommandOptions, { out, progress }: Streams): Promise<number> {
  const settings = await settingsOf(options);
  const { train, classes } = await loadData(settings, readerOf(settings.data));
  const config = { ...trainerConfig(settings, train.shape, classes, train.length, kindOf(train)), replicas: Array.from({ length: options.replicas }, () => ({})) };
  const device = await openDevice({ software: options.software ? 'only' : 'fallback' });
  const stop = new AbortController();
  const display = progressOn(progress);
  const release = onInterrupt(() => stop.abort(), () => process.exit(STOPPED));
  try {
    const { adapter } = device;
    const budget = options.budget ?? BUDGET[classOf(adapter.state)];
    if (!options.json) {
      out.write(`Adapter: ${adapter.name}\n${NOTE[adapter.state]}`);
      out.write(`Timing tiles for at most about ${budget} s ...\n\n`);
    }
    const report = await tuneTiles(device, prepare(config, adapterTraits(device)), {
      budgetMilliseconds: 1000 * budget, signal: stop.signal, onProgress: display.show, ...(!options.cache && { cache: false }),
    }, { remeasure: true });
    display.end();
    out.write(options.json ? `${JSON.stringify(tuneJson(report, adapter), null, 2)}\n` : `${report.about}\n\n${formatTune(report)}`);
    return 0;
  } catch (error) {
    display.end();
    if (!stop.signal.aborted) throw error;
    progress.write('Stopped: nothing was kept.\n');
    return STOPPED;
  } finally {
    release();
    await device.close();
  }
}

const HELP = `
A tile is what a workgroup of a matrix product makes, and how. Names: direct and
quad are ROWSxCOLUMNS of outputs per thread; workgroup is ROWSxCOLUMNS of
outputs per workgroup, /SLICES that share each sum, :DEPTH unless 2; @XxY are
threads per workgroup unless 8x8. Times are of one training step, all layers of
that shape; wide products have more than 16 columns. Only what is clearly faster
than the default is taken, and only if it computes the same numbers.

Examples:
  gradshader tune                              784-1000-500-10, batch 128
  gradshader tune --batch-size 1024 --budget 60
  gradshader train --tune                      tunes if it is not yet known`;

/** The command, for the program to add. */
export function tuneCommand(finish: (code: number) => void): Command {
  const command = new Command('tune')
    .description('Time tiles of the matrix products for a network on this adapter, print them all, and keep the fastest.')
    .option('--replicas <n>', 'copies of the network side by side', parseCount, 1)
    .option('--budget <seconds>', 'time to spend (default: 5, on software adapters 30)', parsePositive)
    .option('--no-cache', 'print only, keep nothing')
    .option('--json', 'print it as JSON')
    .option('--software', 'use only a software adapter (the CPU), even where there is a GPU');
  return addModelOptions(command).addHelpText('after', `${DATA_HELP}\n${HELP}`)
    .action(async (options: TuneCommandOptions) => finish(await runTune(options, { out: process.stdout, progress: process.stderr })));
}
