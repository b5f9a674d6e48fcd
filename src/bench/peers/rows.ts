/** From samples to rows: the peer's faster way, the others beside it, and the ratio of every pair. */

import { summarize } from '../statistics.ts';
import type { Result } from '../types.ts';
import type { Contestant } from './contestant.ts';

/** What one comparison measured; samples are milliseconds per step or per image. */
export interface Measured {
  /** E.g. 'train/batch=128'. */
  readonly what: string;
  readonly kind: 'train' | 'infer';
  readonly parameters: Readonly<Record<string, string | number>>;
  /** gradshader's, of the same rounds. */
  readonly own: readonly number[];
  readonly ways: readonly { readonly contestant: Contestant; readonly samples: readonly number[] }[];
}

const medianOf = (samples: readonly number[]): number => summarize(samples).median;

const UNITS = {
  train: { unit: 'ms', better: 'lower', phrase: 'Milliseconds per training step of', other: 'ms per step' },
  infer: { unit: 'images/s', better: 'higher', phrase: 'Images classified per second by', other: 'images/s' },
} as const;

/** Milliseconds per step stay; milliseconds per image become images per second. */
const shown = (kind: Measured['kind'], milliseconds: number): number => (kind === 'train' ? milliseconds : 1000 / milliseconds);

export function resultOf(
  { what, kind, parameters }: Pick<Measured, 'what' | 'kind' | 'parameters'>, contestant: Contestant, samples: readonly number[],
  derived: Readonly<Record<string, number>> = {},
): Result {
  const { unit, better, phrase } = UNITS[kind], { name, library, backend, version, way } = contestant;
  return {
    key: `peers/${what}/${name}`, suite: 'peers', label: name, unit, better, derived,
    meaning: `${phrase} ${name}, ended by a readback, in turns with the others on the same machine.`,
    samples: samples.map((sample) => shown(kind, sample)),
    parameters: { ...parameters, library, backend, version, way, ...contestant.notes() },
  };
}

/** The row of the peer's fastest way, its other ways' medians beside it, and the pairs' ratios. */
export function peerRows(measured: Measured): Result[] {
  const { what, kind, own } = measured;
  const [fastest, ...slower] = measured.ways.toSorted((a, b) => medianOf(a.samples) - medianOf(b.samples));
  if (fastest === undefined) return [];
  const others = slower.map(({ contestant, samples }): [string, number] =>
    [`${contestant.way}, ${UNITS[kind].other}`, medianOf(samples.map((sample) => shown(kind, sample)))]);
  const row = resultOf(measured, fastest.contestant, fastest.samples, Object.fromEntries(others));
  const ratio: Result = {
    key: `peers/${what}/${row.label}/ratio`, suite: 'peers', label: `${row.label} / gradshader`, unit: 'ratio', better: 'higher',
    meaning: `How many times as long ${row.label} takes as gradshader for the same work, pair by pair; above 1 gradshader is faster.`,
    samples: fastest.samples.map((sample, round) => sample / own[round]!), parameters: row.parameters, derived: {},
  };
  return [row, ratio];
}
