/** What the user sees while training runs: a bar on a terminal, a readable log elsewhere. */
import cliProgress from 'cli-progress';
import type { Progress, Verifying } from '../train/events.ts';
import { isOfValues, metricsIn, type HistoryEntry } from './history.ts';
import type { HostName } from './host.ts';
import type { RateUnit } from './settings.ts';
import { counted, formatCount, formatDuration, formatLoss, formatPercent, formatRate } from './table.ts';

/** What a progress display writes to: `process.stderr`, or a test's stand-in. */
export type ProgressStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Takes the events of `fit`. `stop` must be called at the end, also after an error: it frees the terminal. */
export interface ProgressDisplay {
  verifying(event: Verifying): void;
  progress(event: Progress): void;
  epoch(entry: HistoryEntry): void;
  /** A line of its own, above the bar. */
  log(line: string): void;
  stop(): void;
}

/**
 * A bar for each epoch where `stream` is a terminal; otherwise a line after every tenth of an epoch, but no two
 * within 2 seconds, and none missing for longer than 30. Each finished epoch leaves one line.
 * @param epochs the total, as in `epoch 2/5`.
 * @param now milliseconds, for tests.
 * @param unit of the speed.
 */
export function createProgress(
  stream: ProgressStream, epochs: number, now: () => number = () => performance.now(), unit: RateUnit = 'img/s',
): ProgressDisplay {
  return stream.isTTY ? new Bar(stream, epochs, unit) : new Log(stream, epochs, now, unit);
}

/** The self-test as it goes on, and one line once all was found right. */
export function showVerifying(display: ProgressDisplay, event: Verifying, host: HostName): void {
  display.verifying(event);
  if (event.done < 1) return;
  // Its profile is new each time, and goes with it.
  const kept = host === 'chrome' ? '; this browser does not remember it' : event.place === undefined ? '' : `; remembered in ${event.place}`;
  display.log(`Results checked against float64 in ${formatDuration(event.milliseconds / 1000)}${kept}.`);
}

const BAR_MOST = 30;
const BAR_LEAST = 8;

/**
 * `epoch 2/5 [=====>    ] 63 %  loss 0.0812  acc 97.41 %  1 103 img/s  2 min 10 s left`, never longer than
 * `width`. Where that is narrow the bar shrinks, then the least needed parts go: images/s, accuracy, loss, time.
 */
export function progressLine(event: Progress, width: number, unit: RateUnit = 'img/s'): string {
  const done = event.stepsPerEpoch > 0 ? Math.min(1, Math.max(0, event.stepInEpoch / event.stepsPerEpoch)) : 0;
  const head = `epoch ${event.epoch}/${event.epochs}`;
  const percent = percentOf(done);
  const parts = [
    { text: `loss ${formatLoss(event.loss)}`, need: 3 },
    ...(isOfValues(event) ? [] : [{ text: `acc ${formatPercent(event.accuracy)}`, need: 2 }]),
    { text: `${formatCount(event.imagesPerSecond)} ${unit}`, need: 1 },
    { text: `${formatDuration(event.secondsLeft)} left`, need: 4 },
  ];
  // The time left changes its length from line to line; the bar must not.
  const spare = Math.max(0, '59 min 59 s left'.length - parts.at(-1)!.text.length);
  for (let need = 1; need <= 5; need++) {
    const tail = [percent, ...parts.filter((part) => part.need >= need).map((part) => part.text)].join('  ');
    const room = Math.min(BAR_MOST, width - head.length - tail.length - spare - ' [] '.length);
    if (room >= BAR_LEAST) return `${head} [${bar(done, room)}] ${tail}`;
  }
  return `${head} ${percent}`.slice(0, Math.max(0, width));
}

/** `checking results against float64 [=====>    ] 63 %`, never longer than `width`. */
export function verifyingLine({ done }: Verifying, width: number): string {
  const head = 'checking results against float64', percent = percentOf(done);
  const room = Math.min(BAR_MOST, width - head.length - percent.length - ' [] '.length);
  return room >= BAR_LEAST ? `${head} [${bar(done, room)}] ${percent}` : `${head} ${percent}`.slice(0, Math.max(0, width));
}

/** Rounded down: 100 % is said when it is done. */
const percentOf = (done: number): string => `${String(Math.floor(done * 100)).padStart(3)} %`;

function bar(done: number, width: number): string {
  const filled = Math.floor(done * width);
  return filled === width ? '='.repeat(width) : `${'='.repeat(filled)}>`.padEnd(width);
}

/**
 * `epoch 2/5  loss 0.0812  acc 97.41 %  test loss 0.0700  test acc 97.90 %  learning rate 0.05  61.20 % zeros  54 s  1 103 img/s`.
 * Where `width` is too narrow the least needed parts go, as the run's last table has them all.
 */
export function epochLine(entry: HistoryEntry, epochs: number, width = Infinity, unit: RateUnit = 'img/s'): string {
  const on = (set: 'validation' | 'test', name: string, need: number): { text: string; need: number }[] => {
    const evaluation = entry[set];
    if (evaluation === undefined) return [];
    return [
      { text: `${name} loss ${formatLoss(evaluation.loss)}`, need },
      ...(isOfValues(evaluation) ? [] : [{ text: `${name} acc ${formatPercent(evaluation.accuracy)}`, need: 8 }]),
      ...metricsIn([entry]).map((metric) => ({ text: `${name} ${metric} ${formatLoss(evaluation.metrics?.[metric] ?? NaN)}`, need: 2 })),
    ];
  };
  const parts = [
    { text: `epoch ${entry.epoch}/${epochs}`, need: 9 },
    { text: `loss ${formatLoss(entry.train.loss)}`, need: 7 },
    ...(isOfValues(entry.train) ? [] : [{ text: `acc ${formatPercent(entry.train.accuracy)}`, need: 6 }]),
    ...on('validation', 'val', 3),
    ...on('test', 'test', 2),
    ...averageParts(entry),
    ...(entry.learningRate === undefined ? [] : [{ text: `learning rate ${formatRate(entry.learningRate)}`, need: 1 }]),
    ...(entry.zeros > 0 ? [{ text: `${formatPercent(entry.zeros)} zeros`, need: 4 }] : []),
    ...(entry.skipped ? [{ text: `${counted(entry.skipped, 'update')} left out so far`, need: 8 }] : []),
    ...(entry.nonFinite ? [{ text: `${counted(entry.nonFinite, 'sample')} without a finite loss`, need: 4 }] : []),
    { text: formatDuration(entry.seconds), need: 5 },
    { text: `${formatCount(entry.imagesPerSecond)} ${unit}`, need: 1 },
  ];
  for (let need = 1; ; need++) {
    const line = parts.filter((part) => part.need >= need).map(({ text }) => text).join('  ');
    if (line.length <= width || need === 9) return line;
  }
}

/** Of the running average, its accuracy, or the loss of values, on the test set, or the validation set without one. */
function averageParts({ average }: HistoryEntry): { text: string; need: number }[] {
  const own = average?.test ?? average?.validation, name = average?.test ? 'test' : 'val';
  if (own === undefined) return [];
  return [{ text: isOfValues(own) ? `avg ${name} loss ${formatLoss(own.loss)}` : `avg ${name} acc ${formatPercent(own.accuracy)}`, need: 8 }];
}

class Bar implements ProgressDisplay {
  private bar: cliProgress.SingleBar | undefined;
  /** The epoch that is drawn; 0 for what is before the first. */
  private current = 0;

  constructor(private readonly stream: ProgressStream, private readonly epochs: number, private readonly unit: RateUnit) {}

  verifying(event: Verifying): void {
    this.draw(0, event.done, 1, (width) => verifyingLine(event, width));
  }

  progress(event: Progress): void {
    this.draw(event.epoch, event.stepInEpoch, event.stepsPerEpoch, (width) => progressLine(event, width, this.unit));
  }

  private draw(epoch: number, done: number, all: number, line: (width: number) => string): void {
    if (epoch !== this.current) this.stop();
    if (this.bar) {
      this.bar.update(done, { line });
      return;
    }
    this.current = epoch;
    this.bar = new cliProgress.SingleBar({
      stream: this.stream,
      clearOnComplete: true, // a line of what came of it takes its place
      hideCursor: true,
      // One column is left free: writing the last one makes some terminals wrap.
      format: (_options, params, payload) => (payload as { line: typeof line }).line(columns(params) - 1),
    });
    this.bar.start(all, done, { line });
  }

  epoch(entry: HistoryEntry): void {
    this.log(epochLine(entry, this.epochs, (this.stream.columns ?? 80) - 1, this.unit));
  }

  log(line: string): void {
    this.stop();
    this.stream.write(`${line}\n`);
  }

  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}

/** cli-progress gives the terminal's width, which its types leave out. */
const columns = (params: cliProgress.Params): number => (params as { maxWidth?: number }).maxWidth ?? 80;

const SHORTEST_GAP = 2_000;
const LONGEST_GAP = 30_000;

class Log implements ProgressDisplay {
  private current = 0;
  private tenths = 0;
  /** How much of the self-test was told of; it may be made once more. */
  private verified = 1;
  private last: number;

  constructor(private readonly stream: ProgressStream, private readonly epochs: number, private readonly now: () => number, private readonly unit: RateUnit) {
    this.last = now();
  }

  verifying({ done }: Verifying): void {
    if (done < this.verified) {
      this.tenths = 0;
      this.log('Checking results against float64 ...');
    } else if (this.isDue(done)) this.log(`checked ${percentOf(done).trimStart()}`);
    this.verified = done;
  }

  progress(event: Progress): void {
    if (event.epoch !== this.current) {
      this.current = event.epoch;
      this.tenths = 0;
    }
    if (!this.isDue(event.stepInEpoch / event.stepsPerEpoch)) return;
    this.log([
      `epoch ${event.epoch}/${event.epochs}`, `${Math.floor((100 * event.stepInEpoch) / event.stepsPerEpoch)} %`,
      `loss ${formatLoss(event.loss)}`, ...(isOfValues(event) ? [] : [`acc ${formatPercent(event.accuracy)}`]),
      `${formatCount(event.imagesPerSecond)} ${this.unit}`, `${formatDuration(event.secondsLeft)} left`,
    ].join('  '));
  }

  /** Whether a line is worth it; at the end a line of what came of it follows. */
  private isDue(done: number): boolean {
    const tenths = Math.floor(10 * done), gap = this.now() - this.last;
    if (tenths >= 10 || gap < SHORTEST_GAP || (tenths <= this.tenths && gap < LONGEST_GAP)) return false;
    this.tenths = tenths;
    return true;
  }

  epoch(entry: HistoryEntry): void {
    this.log(epochLine(entry, this.epochs, Infinity, this.unit));
  }

  log(line: string): void {
    this.last = this.now();
    this.stream.write(`${line}\n`);
  }

  stop(): void {
    // Nothing is held: every line was written whole.
  }
}
