/** The command line: arguments in, an exit code out. */
import { Command, CommanderError, Option } from 'commander';
import { version } from '../../package.json';
import { GradshaderError } from '../errors.ts';
import { benchCommand } from './bench/command.ts';
import type { ChromeOptions } from './chrome-host.ts';
import { runCompareCommand, type CompareCall } from './compare/command.ts';
import { addCompareOptions } from './compare/options.ts';
import { hostOf, type HostName } from './host.ts';
import { addHostOptions, chromeOptionsOf, type HostOptions } from './host-options.ts';
import { kernelCommand } from './kernel.ts';
import { addModelOptions, DATA_HELP, parseCount, parseHorizon, settingsOf, type ModelOptions } from './options.ts';
import { knowingOtherNames } from './misused.ts';
import { runPlan, type PlanOptions } from './plan.ts';
import { runProbe } from './probe.ts';
import { resumedConfig } from './resume.ts';
import { openRun, type RunConfig } from './run-folder.ts';
import { train } from './train.ts';
import { tuneCommand } from './tune.ts';
import { verifyCommand } from './verify.ts';

/** Exit codes of failures: an error said in words, and words that were no command. */
const FAILED = 1, MISUSED = 2;

interface TrainOptions extends ModelOptions, HostOptions {
  readonly epochs: number;
  readonly horizon?: number | 'keep';
  readonly out?: string;
  readonly resume?: string;
  readonly tune?: true;
  readonly verify?: 'once' | 'off';
}

/** Options that a later `--resume` needs again. */
const repeatOf = ({ software, browser, headful }: HostOptions): string[] => [
  ...(software ? ['--software'] : []),
  ...(browser !== undefined ? ['--browser', browser] : []),
  ...(headful ? ['--headful'] : []),
];

async function runTrain(options: TrainOptions, command: Command): Promise<number> {
  const stopped = options.resume === undefined ? undefined : await openRun(options.resume);
  const config: RunConfig = stopped === undefined
    ? {
      ...(await settingsOf(options)), ...(options.tune && { tune: true }), ...(options.verify !== undefined && { verify: options.verify }), epochs: options.epochs,
      ...(options.horizon !== undefined && { horizon: options.horizon }), host: options.host!,
    }
    : await resumedConfig(command, stopped, options);
  const isRateNew = stopped !== undefined && config.learningRate !== stopped.config.learningRate;
  const host = hostOf(config.host, chromeOptionsOf(options, config.host));
  const software = options.software ? 'only' : 'fallback';
  return train({ host, config, software, repeat: repeatOf(options), ...(options.out !== undefined && { out: options.out }), ...(stopped && { stopped }), ...(isRateNew && { isRateNew }) }, process.stdout);
}

const TRAIN_HELP = `${DATA_HELP}

The learning rate beside an epoch, where it changes, is that of its last step.

Ctrl-C finishes the submit, saves and says how to go on; a second one leaves at
once. Exit codes: 0 all epochs done, 130 stopped and saved, 1 an error, 2 wrong
arguments.

Examples:
  npm start                                            784-1000-500-10 on MNIST
  npm start -- --optimizer adam --l1 1e-5 --epochs 10  sparse weights
  npm start -- --hidden 256 --dropout 0.5 --validation 0.1
  npm run gradshader -- train --resume runs/my-run --epochs 20`;

function trainCommand(finish: (code: number) => void): Command {
  const command = new Command('train')
    .description('Train a dense network; by default 784-1000-500-10 on MNIST.')
    .option('--epochs <n>', 'total number of passes over the training samples', parseCount, 5)
    .option('--horizon <epochs>', "the epoch at whose end cosine and one-cycle come to their end (default: that of --epochs at the run's first step); 'keep': leave it as it was, with --resume and more epochs", parseHorizon)
    .option('--out <folder>', 'run folder, new or empty (default: runs/<date and time>)')
    .option('--tune', 'first time other tiles on this adapter, or take those of an earlier run (see gradshader tune)')
    .addOption(new Option('--verify <when>', "check the GPU's results against float64 before training (default: once per network and adapter)").choices(['once', 'off']))
    .option('--resume <run>', 'go on with a stopped run: its folder or model.safetensors; --epochs is the new total, --learning-rate a new one, other settings stay as they were');
  addHostOptions(addModelOptions(command)).addHelpText('after', TRAIN_HELP);
  return command.action(async (options: TrainOptions) => finish(await runTrain(options, command)));
}

function compareCommand(finish: (code: number) => void): Command {
  const command = new Command('compare')
    .description('Compare no regularization, L1, L2, elastic net, dropout and max-norm over several seeds, or find the best strength of one.')
    .option('--out <folder>', 'run folder, new or empty (default: runs/<date and time>)')
    .option('--resume <run>', 'go on with a stopped experiment: its folder');
  return addHostOptions(addCompareOptions(command)).action(async (options: CompareCall & HostOptions) => {
    const software = options.software ? 'only' : 'fallback';
    const chromeOf = (host: HostName): ChromeOptions => chromeOptionsOf(options, host);
    finish(await runCompareCommand(options, command, { chromeOf, software, repeat: repeatOf(options), version }));
  });
}

function planCommand(): Command {
  const command = addModelOptions(new Command('plan'))
    .description('Print what one training step does on the GPU, and the memory it takes. Needs no GPU.')
    .addOption(new Option('--adapter <class>', 'the adapter class to plan for').choices(['hardware', 'software']).default('hardware'))
    .option('--json', 'print it as JSON')
    .addHelpText('after', DATA_HELP);
  return command.action(async (options: PlanOptions) => void process.stdout.write(await runPlan(options)));
}

function probeCommand(): Command {
  const command = addHostOptions(new Command('probe').description('Say which adapter training would get, and what to do if there is none.'));
  return command.action(async (options: HostOptions) => {
    const software = options.software ? 'only' : 'fallback';
    process.stdout.write(await runProbe(options.host!, software, chromeOptionsOf(options, options.host!)));
  });
}

/** A reader that left (`| head`, a closed terminal) is no reason to lose a training run. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
}

/** Runs `gradshader <arguments>`. @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  let code = 0;
  outliveReaders();
  const program = new Command('gradshader')
    .description('Train dense neural networks on the GPU with hand-written WGSL kernels.')
    .version(version)
    .option('--verbose', 'show what graphics drivers print')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help lists what there is)')
    .exitOverride();
  const finish = (given: number): void => void (code = given);
  for (const command of [trainCommand(finish), compareCommand(finish), planCommand(), kernelCommand(), probeCommand(), tuneCommand(finish), verifyCommand(finish), benchCommand(finish)]) {
    program.addCommand(knowingOtherNames(command.copyInheritedSettings(program)));
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED;
    process.stderr.write(error instanceof GradshaderError ? `error: ${error.message}\n` : `${(error as Error).stack ?? String(error)}\n`);
    return FAILED;
  }
}
