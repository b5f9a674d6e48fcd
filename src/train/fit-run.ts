/** One call of `fit`, as its caller holds it. */

import type { Epoch } from './events.ts';

/** Whether a training is to be left, at the next submit boundary. */
export interface Leave {
  readonly aborted: boolean;
}

/** Trains until the end or until it is to leave, and tells each epoch. Gives what there is to say where there was nothing to do. */
export type Train = (leave: Leave, emit: (epoch: Epoch) => void) => Promise<(() => Promise<Error>) | undefined>;

/**
 * A training: an async generator of its epochs, and a promise of the last one, undefined where it was stopped (`signal`,
 * `steps`, a loop that was left) before one was finished. Where nothing is left to train, as all `epochs` are done, the loop is
 * empty and the promise rejected with an InputError: there is no epoch to give.
 * Nothing runs, and nothing is checked, before it is iterated or awaited for the first time. Both may be done: awaiting
 * takes no epoch from the loop, and after the loop gives the last epoch that it saw.
 *
 * As with every thenable, an async function that returns it waits for its end: wrap it to hand it on untouched.
 */
export class FitRun implements AsyncGenerator<Epoch, void, undefined>, PromiseLike<Epoch | undefined> {
  readonly #train: Train;
  readonly #leave = { aborted: false };
  readonly #events: Epoch[] = [];
  readonly #epochs: AsyncGenerator<Epoch, void, undefined>;
  #last: Epoch | undefined;
  #running: ReturnType<Train> | undefined;
  #ended = false;
  #wake = (): void => {};

  constructor(train: Train) {
    this.#train = train;
    this.#epochs = this.#iterate();
  }

  next(): Promise<IteratorResult<Epoch, void>> {
    return this.#epochs.next();
  }

  /** Stops the training at the next submit boundary, as leaving a loop does. */
  return(_value?: void | PromiseLike<void>): Promise<IteratorResult<Epoch, void>> {
    this.#leave.aborted = true;
    return this.#epochs.return();
  }

  /** As `return`, and is rejected with `error`. */
  throw(error: unknown): Promise<IteratorResult<Epoch, void>> {
    this.#leave.aborted = true;
    return this.#epochs.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Trains to the end. */
  // oxlint-disable-next-line unicorn/no-thenable -- to be awaited is what it is for.
  then<A = Epoch | undefined, B = never>(
    resolved?: ((last: Epoch | undefined) => A | PromiseLike<A>) | null, rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#start().then(async (idle) => {
      if (idle !== undefined) throw await idle();
      return this.#last;
    }).then(resolved, rejected);
  }

  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<Epoch | undefined | B> {
    return this.then(undefined, rejected);
  }

  finally(settled?: (() => void) | null): Promise<Epoch | undefined> {
    return this.then((last) => last).finally(settled);
  }

  /** The training, begun with the first call; one that was left before begins no more. */
  #start(): ReturnType<Train> {
    if (this.#running !== undefined) return this.#running;
    this.#running = this.#leave.aborted ? Promise.resolve(undefined) : this.#train(this.#leave, (epoch) => {
      this.#last = epoch;
      this.#events.push(epoch);
      this.#wake();
    }).finally(() => {
      this.#ended = true;
      this.#wake();
    });
    this.#running.catch(() => {}); // Those who iterate or await are told.
    return this.#running;
  }

  async *#iterate(): AsyncGenerator<Epoch, void, undefined> {
    const running = this.#start();
    try {
      while (true) {
        const epoch = this.#events.shift();
        if (epoch !== undefined) yield epoch;
        else if (this.#ended) break;
        else await new Promise<void>((resolve) => { this.#wake = resolve; });
      }
    } finally {
      this.#leave.aborted = true;
      await running;
    }
  }
}
