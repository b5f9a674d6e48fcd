/** First come, first served: one operation at a time uses a trainer's Program. */
export class Mutex {
  #held = false;
  readonly #waiting: (() => void)[] = [];

  /** Whether someone waits for the holder to let go. */
  get contended(): boolean {
    return this.#waiting.length > 0;
  }

  async acquire(): Promise<void> {
    if (!this.#held) {
      this.#held = true;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#held = false;
    else next();
  }

  /** Runs `work` alone. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.acquire();
    try {
      return await work();
    } finally {
      this.release();
    }
  }

  /** Lets those who wait go first. */
  async yield(): Promise<void> {
    this.release();
    await this.acquire();
  }
}
