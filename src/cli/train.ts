/** `gradshader train`: what is said and written while a session runs. Knows nothing of hosts. */
import { resolve } from 'node:path';
import type { AdapterReport } from '../device/index.ts';
import { GradshaderError } from '../errors.ts';
import { runFolder } from './files.ts';
import { bestText } from './history.ts';
import { onInterrupt } from './interrupt.ts';
import { createProgress, showVerifying, type ProgressDisplay, type ProgressStream } from './progress.ts';
import { BEST, MODEL, RunFiles, type RunConfig, type Stopped } from './run-folder.ts';
import { countsToHorizon } from './schedules.ts';
import { rateUnitOf, smallerRate } from './settings.ts';
import { NO_GOOD_WEIGHTS, type Host, type Job, type Listener, type Started } from './session.ts';
import { counted, epochTable, formatCount, formatRate } from './table.ts';
import { forecast, StepTimes, stepTimeLine } from './timing.ts';

/** Exit codes: all epochs done; stopped by Ctrl-C (128 + SIGINT, as shells have it) with everything saved. */
export const DONE = 0, STOPPED = 130;

export interface TrainRun {
  readonly host: Host;
  readonly config: RunConfig;
  readonly software: Job['software'];
  /** Options of this call that a later `--resume` needs again, e.g. '--software'. */
  readonly repeat: readonly string[];
  readonly out?: string;
  readonly stopped?: Stopped;
  /** With `stopped`: the learning rate of the configuration is another than the run had. */
  readonly isRateNew?: boolean;
}

/** Runs one training and gives its exit code. @throws what the session throws */
export async function train(run: TrainRun, stream: ProgressStream): Promise<number> {
  const { host, config, software, stopped, isRateNew } = run;
  const folder = stopped === undefined ? await runFolder(run.out) : resolve(stopped.folder);
  const files = new RunFiles(folder, config, stopped?.epochs);
  const report = new TrainConsole(stream, run, files);
  const abort = new AbortController();
  const release = onInterrupt(
    () => {
      report.say('Stopping after this submit, then saving. Ctrl-C once more leaves at once, without saving.');
      abort.abort();
    },
    () => {
      report.stop();
      process.exit(STOPPED);
    },
  );
  try {
    const { epochs, horizon } = config;
    const job = { settings: config, epochs, software, ...(horizon !== undefined && { horizon }), ...(stopped && { from: stopped.from }), ...(isRateNew && { isRateNew }) };
    await host.run(job, report, abort.signal);
  } catch (error) {
    throw report.advised(error);
  } finally {
    report.stop();
    release();
  }
  return report.finish();
}

/** Turns a session's events into lines, a progress bar and files. */
class TrainConsole implements Listener {
  readonly #run: TrainRun;
  readonly #files: RunFiles;
  readonly #display: ProgressDisplay;
  readonly #times = new StepTimes();
  #adapter = '';
  #started: Started | undefined;
  #isForecast = false;

  constructor(stream: ProgressStream, run: TrainRun, files: RunFiles) {
    this.#run = run;
    this.#files = files;
    this.#display = createProgress(stream, run.config.epochs, undefined, rateUnitOf(run.config.data));
  }

  say(line: string): void {
    this.#display.log(line);
  }

  stop(): void {
    this.#display.stop();
  }

  adapter(report: AdapterReport): void {
    const { config, stopped } = this.#run;
    this.#adapter = `${report.name}, ${config.host}`;
    this.#files.adapter = report;
    this.say(`Adapter: ${this.#adapter}`);
    if (report.state === 'software') {
      this.say('No GPU is used: this adapter computes on the CPU. The results are right, the speed is\n'
        + 'not that of a GPU: an epoch of the default network takes about a minute, not a second.');
    }
    if (report.state === 'unknown') this.say('It does not say whether it is a GPU: its speed is not to be called one of a GPU.');
    if (config.tune && stopped === undefined) this.say('Timing tiles, unless they are known from an earlier run ...');
    if (stopped !== undefined && stopped.adapter.name !== report.name) {
      this.say(`This run began on ${stopped.adapter.name}: from here on its numbers may differ in their last bits.`);
    }
  }

  async started(info: Started): Promise<void> {
    this.#started = info;
    const { samples, step, stepsPerEpoch } = info;
    const { data, epochs } = this.#run.config;
    const parts = [
      counted(samples.train, 'training sample'),
      ...(samples.validation > 0 ? [`${formatCount(samples.validation)} held out for validation`] : []),
      ...(samples.test > 0 ? [counted(samples.test, 'test sample')] : ['no test set']),
    ];
    this.say(`\n${info.summary}\n\n${data.name}: ${parts.join(', ')}\n${counted(stepsPerEpoch, 'step')} per epoch`);
    for (const note of info.notes) this.say(note);
    if (info.preparation !== undefined) await this.#files.savePreparation(info.preparation);
    this.say(`Run folder: ${this.#files.shown}`);
    const { horizon, schedule } = this.#run.config;
    const known = this.#run.stopped?.horizon || epochs * stepsPerEpoch;
    if (schedule !== undefined && countsToHorizon(schedule)) {
      this.say(`The learning rate follows ${schedule.kind} to step ${formatCount(typeof horizon === 'number' ? horizon * stepsPerEpoch : known)}.`);
    }
    if (horizon !== undefined && !(schedule !== undefined && countsToHorizon(schedule))) this.say('--horizon changes nothing: only cosine and one-cycle learning rates count to it.');
    const { isRateNew, stopped } = this.#run;
    if (isRateNew && stopped !== undefined) {
      const what = schedule === undefined && this.#run.config.warmUp === undefined ? 'learning rate' : 'learning rate that the schedule starts from';
      this.say(`The ${what} is ${formatRate(this.#run.config.learningRate)} from here on; it was ${formatRate(stopped.config.learningRate)}.`);
    }
    if (step > 0) this.say(`Going on after step ${formatCount(step)}, in epoch ${info.epoch + 1} of ${epochs}.`);
    await this.#files.writeHistory();
    this.say('Preparing and measuring the first steps ...');
  }

  readonly verifying: Listener['verifying'] = (event) => showVerifying(this.#display, event, this.#run.config.host);

  readonly progress: Listener['progress'] = (event) => {
    this.#times.add(event);
    if (this.#times.isKnown) this.#sayForecast();
    if (this.#isForecast) this.#display.progress(event);
  };

  async epoch(entry: Parameters<Listener['epoch']>[0]): Promise<void> {
    this.#sayForecast(); // An epoch may be over before there were enough submits to measure.
    this.#display.epoch(entry);
    await this.#files.add(entry);
  }

  fallback({ wrong }: Parameters<Listener['fallback']>[0]): void {
    const { kernel, label } = wrong[0]!;
    this.say(`This adapter computes ${kernel} (${label}) wrongly. Training went on with other tiles, which it computes rightly.\n`
      + 'Update the driver or use another adapter.');
  }

  async checkpoint(bytes: Uint8Array): Promise<void> {
    await this.#files.save(bytes);
  }

  async best(bytes: Uint8Array): Promise<void> {
    await this.#files.save(bytes, BEST);
  }

  #sayForecast(): void {
    if (this.#isForecast || this.#started === undefined) return;
    this.#isForecast = true;
    const { epochs, batchSize, accumulate = 1 } = this.#run.config;
    if (this.#times.steps > 0) this.say(`Expected time: ${forecast(this.#times, this.#started, epochs, batchSize * accumulate)}\n`);
  }

  /** The command that goes on with this run. */
  #resume(...more: readonly string[]): string {
    const words = ['--resume', this.#files.shown, ...this.#run.repeat, ...more].map((word) => (/^[\w@%+=:,./\\-]+$/.test(word) ? word : JSON.stringify(word)));
    return `npm run gradshader -- train ${words.join(' ')}`;
  }

  /** What ended the run, and what to do from its last checkpoint. */
  advised(error: unknown): unknown {
    if (!(error instanceof GradshaderError && ['non-finite', NO_GOOD_WEIGHTS].includes(error.code))) return error;
    const smaller = smallerRate(this.#run.config);
    const advice = error.code === NO_GOOD_WEIGHTS
      ? `There is nothing to go on from. Begin another run, with --learning-rate ${smaller}.`
      : `${MODEL} holds these weights. To go on from them with a smaller learning rate:\n  ${this.#resume('--learning-rate', smaller)}`;
    return new GradshaderError(error.code, `${error.message}\n${advice}`, { cause: error });
  }

  /** The end of the report, and the exit code. */
  async finish(): Promise<number> {
    const { config } = this.#run;
    const { epochs, shown } = this.#files;
    if (epochs.length > 0) this.say(`\n${epochTable(epochs, rateUnitOf(config.data))}`);
    this.say(`\n${stepTimeLine(this.#times, config.batchSize * (config.accumulate ?? 1))}\non ${this.#adapter}`);
    const files = await this.#files.present(), hasBest = files.includes(BEST);
    this.say(`Files in ${shown}: ${files.join(', ')}`);
    if (!hasBest && epochs.some(({ validation }) => validation)) this.say(`There is no ${BEST}: no epoch had a finite validation loss.`);
    const last = epochs.at(-1);
    if (last?.stopped) {
      this.say(`\nStopped early, after epoch ${last.epoch}: ${bestText(last.stopped)}${hasBest ? `, whose weights are in ${BEST}` : ''}.`);
    }
    if (epochs.length >= config.epochs || last?.stopped) return DONE;
    this.say(`\nStopped and saved. To go on:\n  ${this.#resume()}`);
    return STOPPED;
  }
}
