/** `gradshader compare`: what is said and written while an experiment runs. Knows no host. */
import { resolve } from 'node:path';
import type { AdapterReport } from '../../device/index.ts';
import type { Progress } from '../../train/events.ts';
import { GradshaderError } from '../../errors.ts';
import { runFolder } from '../files.ts';
import type { HostName } from '../host.ts';
import { onInterrupt } from '../interrupt.ts';
import { createProgress, showVerifying, type ProgressDisplay, type ProgressStream } from '../progress.ts';
import { rateUnitOf, smallerRate } from '../settings.ts';
import { counted, formatCount, formatDuration } from '../table.ts';
import { StepTimes, stepTimeLine } from '../timing.ts';
import { DONE, STOPPED } from '../train.ts';
import { choicesOf } from './choices.ts';
import { deviationsOf, deviationTables } from './deviations.ts';
import { CHECKPOINT, CompareFiles, DEVIATIONS, PAGE, RESULTS, type StoppedCompare } from './files.ts';
import { recorded } from './record.ts';
import type { CompareJob, CompareListener } from './session.ts';
import { batchesOf, nextStage, workLeft, workOf } from './stages.ts';
import { pathPoints, summaryOf, type CompareFile } from './summary.ts';
import { deviationNotesOf, epochLine, groupTable, labelOfGroup, notes, pathTable, planText, shownRows } from './terminal.ts';
import type { CompareEvent, CompareSettings, DataFacts, RunRecord } from './types.ts';

export type CompareHost = (job: CompareJob, listener: CompareListener, signal: AbortSignal) => Promise<void>;

export interface Comparison {
  readonly run: CompareHost;
  readonly host: HostName;
  readonly settings: CompareSettings;
  readonly software: CompareJob['software'];
  readonly versions: Readonly<Record<string, string>>;
  /** Options of this call that a later `--resume` needs again. */
  readonly repeat: readonly string[];
  readonly out?: string;
  readonly stopped?: StoppedCompare;
}

/** Runs one experiment and gives its exit code. @throws what the session throws */
export async function compare(comparison: Comparison, stream: ProgressStream): Promise<number> {
  const { settings, software, stopped } = comparison;
  const folder = stopped === undefined ? await runFolder(comparison.out) : resolve(stopped.folder);
  const report = new CompareConsole(stream, comparison, new CompareFiles(folder));
  const abort = new AbortController();
  const release = onInterrupt(
    () => {
      report.say('Stopping after this submit or evaluation, then saving. Ctrl-C once more leaves at once, without saving.');
      abort.abort();
    },
    () => {
      report.stop();
      process.exit(STOPPED);
    },
  );
  try {
    await comparison.run({ settings, software, ...(stopped && { from: stopped.from }) }, report, abort.signal);
  } finally {
    report.stop();
    release();
  }
  return report.finish();
}

/** There is nothing to compare, and no strength to choose. */
const allDiverged = ({ base }: CompareSettings): GradshaderError =>
  new GradshaderError('non-finite', `Every replica diverged: there is nothing to compare. Begin another experiment, with --learning-rate ${smallerRate(base)}.`);

/** Of a terminal that nobody has made wider. */
const TABLE_WIDTH = 80;

/** Least time between two files of results while epochs go by. */
const WRITE_MILLISECONDS = 1000;

/** Turns an experiment's events into lines, a progress bar and files. */
class CompareConsole implements CompareListener {
  readonly #comparison: Comparison;
  readonly #files: CompareFiles;
  readonly #display: ProgressDisplay;
  #adapter = { name: 'unknown', state: 'unknown' };
  #data: DataFacts | undefined;
  #runs: readonly RunRecord[];
  /** Of the run under way. */
  #times = new StepTimes();
  #epoch = 0;
  #isForecast = false;
  /** When the results were last written. */
  #written = -Infinity;

  constructor(stream: ProgressStream, comparison: Comparison, files: CompareFiles) {
    this.#comparison = comparison;
    this.#files = files;
    this.#runs = comparison.stopped?.from.runs ?? [];
    this.#data = comparison.stopped?.file.data;
    this.#display = createProgress(stream, comparison.settings.epochs, undefined, rateUnitOf(comparison.settings.base.data));
  }

  say(line: string): void {
    this.#display.log(line);
  }

  stop(): void {
    this.#display.stop();
  }

  adapter({ name, state }: AdapterReport): void {
    const { host, stopped, settings } = this.#comparison;
    this.#adapter = { name, state };
    this.say(`Adapter: ${name}, ${host}\n${planText(settings)}`);
    if (stopped !== undefined && stopped.file.adapter.name !== name) {
      this.say(`This experiment began on ${stopped.file.adapter.name}: from here on its numbers may differ in their last bits.`);
    }
  }

  async event(event: CompareEvent): Promise<void> {
    if (event.type === 'run') await this.#files.dropCheckpoint();
    this.#runs = recorded(this.#runs, event);
    switch (event.type) {
      case 'data': this.#sayData(event.facts); break;
      case 'split': this.say(`${event.reason}\nSo it goes in several runs of at most ${event.most} replicas, with the same numbers.`); break;
      case 'run': this.#sayRun(event.summary); break;
      case 'resumed': this.#sayRun(event.summary, event.epoch); break;
      case 'failed': this.say(`Step ${event.step}: ${event.tensor} is no longer finite in any replica of this run.`); break;
      case 'epoch':
        this.#sayForecast(); // An epoch may be over before there were enough submits to measure.
        this.#epoch++;
        this.say(epochLine(this.#comparison.settings, this.#runs.at(-1)!, event.replicas));
        break;
    }
    await this.#write(event.type !== 'epoch');
    if (event.type === 'end') {
      await this.#files.writePage(this.file);
      await this.#files.dropCheckpoint();
    }
  }

  readonly verifying: CompareListener['verifying'] = (event) => showVerifying(this.#display, event, this.#comparison.host);

  readonly progress: CompareListener['progress'] = (event) => {
    this.#times.add(event);
    if (this.#times.isKnown) this.#sayForecast();
    if (this.#isForecast) this.#display.progress({ ...event, secondsLeft: this.#secondsLeft(event) });
  };

  /** The results are written before the weights that go with them: see `openCompare`. */
  async checkpoint(bytes: Uint8Array): Promise<void> {
    await this.#write(true);
    await this.#files.save(bytes);
  }

  /** Epochs may be over in milliseconds: their results are not written each time. */
  async #write(isDue: boolean): Promise<void> {
    if (!isDue && performance.now() - this.#written < WRITE_MILLISECONDS) return;
    await this.#files.write(this.file);
    this.#written = performance.now();
  }

  get file(): CompareFile {
    const { host, versions, settings } = this.#comparison;
    const data = this.#data, runs = this.#runs;
    return {
      format: 1, host, adapter: this.#adapter, versions: { ...versions, ...(data?.browser && { browser: data.browser }) },
      settings, ...(data && { data }), choices: choicesOf(settings, runs), summary: summaryOf(settings, runs),
      ...(settings.path && { path: pathPoints(settings, runs) }), ...(settings.looks && { deviations: deviationsOf(settings, runs) }), runs,
    };
  }

  #sayData(facts: DataFacts): void {
    this.#data = facts;
    const { data } = this.#comparison.settings.base;
    this.say(`${data.name}: ${formatCount(facts.used)} of ${formatCount(facts.available)} training samples, ${formatCount(facts.test)} test samples`);
    if (facts.isReduced) {
      this.say('No GPU is used: this adapter computes on the CPU. The results are right, the speed is not that\n'
        + `of a GPU, so fewer samples are the default. For all of them: --train-size ${facts.available}`);
    }
    this.say(`Run folder: ${this.#files.shown}`);
  }

  #sayRun(summary: string, epoch = 0): void {
    const { settings } = this.#comparison;
    const { stage, fold, samples, replicas, evaluateEvery } = this.#runs.at(-1)!;
    this.#times = new StepTimes();
    this.#epoch = epoch;
    this.#isForecast = false;
    const what = stage === 'fold' ? `Fold ${fold} of ${settings.folds}` : stage === 'final' ? 'The chosen strength, on all training samples' : settings.looks === undefined ? 'Run' : labelOfGroup(settings, replicas[0]!.group);
    this.say(`\n${what}: ${counted(replicas.length, 'replica')} on ${formatCount(samples.train)} samples`
      + `${samples.validation > 0 ? `, ${formatCount(samples.validation)} held out for validation` : ''}; `
      + `evaluated ${evaluateEvery === 1 ? 'every epoch' : evaluateEvery < settings.epochs ? `every ${evaluateEvery} epochs and after the last` : 'after the last epoch'}`);
    if (this.#runs.length === 1) this.say(summary);
    if (epoch > 0) this.say(`Going on after epoch ${epoch}.`);
    this.say('Preparing and measuring the first steps ...');
  }

  /** Seconds to the end of all runs, from the measured step and the work left. */
  #secondsLeft({ stepInEpoch = 0 }: Partial<Progress> = {}): number {
    const { settings } = this.#comparison;
    const { samples, replicas, evaluateEvery } = this.#runs.at(-1)!;
    const batches = batchesOf(samples, settings.base.batchSize);
    const own = workOf(batches, replicas.length, evaluateEvery, settings.epochs, this.#epoch) - replicas.length * stepInEpoch;
    const later = workLeft(settings, this.#runs, this.#data!.used, this.#data!.test);
    return ((own + later) / replicas.length) * (this.#times.within(0.5) / 1000);
  }

  #sayForecast(): void {
    if (this.#isForecast || this.#times.steps === 0) return;
    this.#isForecast = true;
    this.say(`Expected time: about ${formatDuration(this.#secondsLeft())} on this adapter, evaluation included\n`);
  }

  /** The end of the report, and the exit code. @throws GradshaderError where every replica diverged */
  async finish(): Promise<number> {
    const { settings, repeat } = this.#comparison;
    const { file } = this;
    await this.#files.write(file);
    await this.#files.writePage(file);
    if (settings.path !== undefined && file.runs.length > 0) this.say(`\n${pathTable(file)}`);
    if (file.summary.length > 0) this.say(`\n${groupTable(shownRows(file))}\n`);
    const { deviations = [] } = file;
    if (deviations.length > 0) this.say(`${deviationTables(deviations, TABLE_WIDTH)}\n`);
    for (const line of [...notes(file), ...deviationNotesOf(file)]) this.say(line);
    this.say(`${stepTimeLine(this.#times, settings.base.batchSize)}\non ${this.#adapter.name}`);
    this.say(`Files in ${this.#files.shown}: ${[RESULTS, PAGE, ...(deviations.length > 0 ? [DEVIATIONS] : [])].join(', ')}`);
    if (file.runs.every(({ isDone }) => isDone) && nextStage(settings, file.runs) === undefined) {
      if (file.runs.every(({ replicas }) => replicas.every(({ diverged }) => diverged !== undefined))) throw allDiverged(settings);
      return DONE;
    }
    const words = ['--resume', this.#files.shown, ...repeat].map((word) => (/^[\w@%+=:,./\\-]+$/.test(word) ? word : JSON.stringify(word)));
    this.say(`\nStopped and saved${(await this.#files.hasCheckpoint()) ? ` (${CHECKPOINT})` : ''}. To go on:\n  npm run gradshader -- compare ${words.join(' ')}`);
    return STOPPED;
  }
}
