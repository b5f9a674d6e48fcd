/** What a person sees while the benchmark measures: one line that is written over on a terminal, a log elsewhere. */
import type { BenchReport, Omission, Result } from '../../bench/types.ts';
import type { ProgressStream } from '../progress.ts';
import { formatDuration } from '../table.ts';
import type { BenchEvents } from './host.ts';
import { headText } from './terminal.ts';

/** Lines of text are hard to follow beyond this, and a file has no width. */
const WIDEST = 140, IN_FILES = 120;
const CLEAR = '\r\u001b[K';

export class BenchDisplay implements BenchEvents {
  readonly width: number;
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  readonly #start: number;
  readonly #said = new Set<string>();
  #measured = 0;
  #omitted = 0;
  #isOpen = false;

  /** @param now milliseconds, for tests */
  constructor(stream: ProgressStream, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.width = stream.isTTY ? Math.min(WIDEST, (stream.columns ?? 80) - 1) : IN_FILES;
    this.#now = now;
    this.#start = now();
  }

  start(about: Pick<BenchReport, 'host' | 'adapter'>): void {
    this.say(`${headText(about, this.width)}\n`);
  }

  progress(text: string): void {
    const left = this.#omitted === 0 ? '' : `, ${this.#omitted} left out`;
    const time = formatDuration(Math.round((this.#now() - this.#start) / 1000));
    if (this.#stream.isTTY) {
      this.#stream.write(`${CLEAR}${`${text}  (${this.#measured} measured${left}, ${time})`.slice(0, this.width)}`);
      this.#isOpen = true;
    } else if (!this.#said.has(text)) {
      this.#said.add(text); // Works that take turns say the same in every round.
      this.#stream.write(`${time.padStart(12)}  ${text}\n`);
    }
  }

  result(_result: Result): void {
    this.#measured++;
  }

  omission(_omission: Omission): void {
    this.#omitted++;
  }

  say(text: string): void {
    this.stop();
    this.#stream.write(`${text}\n`);
  }

  /** Frees the terminal's line. */
  stop(): void {
    if (this.#isOpen) this.#stream.write(CLEAR);
    this.#isOpen = false;
  }
}
