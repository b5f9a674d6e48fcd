/**
 * Sums in double precision that lose nothing that matters, over however many terms (Neumaier 1974): the error is that of one
 * rounding, where a plain sum's grows with the number of terms.
 */
export class Sums {
  readonly #sums: Float64Array;
  readonly #lost: Float64Array;

  constructor(length: number) {
    this.#sums = new Float64Array(length);
    this.#lost = new Float64Array(length);
  }

  add(at: number, term: number): void {
    const sum = this.#sums[at]!, next = sum + term;
    this.#lost[at]! += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
    this.#sums[at] = next;
  }

  /** NaN where some term was not finite. */
  of(at: number): number {
    return this.#sums[at]! + this.#lost[at]!;
  }

  all(): number[] {
    return Array.from(this.#sums, (_, at) => this.of(at));
  }
}
