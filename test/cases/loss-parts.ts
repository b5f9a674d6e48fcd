/** What the cases of all losses but the plain one share: shapes, rows, targets as words. */
import type { LossShape } from '../../src/kernels/losses/index.ts';
import { knowAll } from '../../src/model/know-all.ts';
import type { Loss } from '../../src/model/losses/index.ts';
import type { NumberKey, Numbered } from '../../src/model/numbers.ts';
import { Contents, draw, pad4 } from './contents.ts';
import type { Row } from './run-kernel.ts';

knowAll(); // Cases ask for them by their names.

export type LossName = Loss['type'];

/** How a case's targets lie: classes or vectors, with weights of rows and classes or without. */
export interface TargetOptions {
  readonly isVector?: boolean;
  readonly isWeighted?: boolean;
  readonly hasClassWeights?: boolean;
}

/** Behind a dropout and an entry that must not be read. */
const ENTRY = 2;
const FIRST: Numbered = { keys: ['loss.delta'], values: [77] };

/** Entries of a row. */
export const LOSS_LAYERS = ENTRY + 1;

export const lossShape = (type: LossName, width: number, { isVector = type !== 'softmax-cross-entropy', isWeighted = false, hasClassWeights = false }: TargetOptions): LossShape => ({
  type, target: { words: (isVector ? width : 1) + Number(isWeighted), isVector, isWeighted }, entry: ENTRY, classWeights: hasClassWeights, isPlain: false,
});

/** The loss's own number, from replica to replica. */
const NUMBERS: { readonly [Type in LossName]?: readonly [key: NumberKey, ...values: [number, number, number]] } = {
  'softmax-cross-entropy': ['loss.smoothing', 0.125, 0.5, 0.25],
  'binary-cross-entropy': ['loss.positiveWeight', 3, 9, 0.5],
  huber: ['loss.delta', 0.5, 3, 0.25],
  'smooth-l1': ['loss.beta', 0.5, 3, 0.25],
};

/** Rows with the loss's numbers and a divisor that is no count, unless they say it. */
export const lossRows = (type: LossName, rows: readonly Row[], numbers?: readonly number[]): readonly Row[] => rows.map((row, replica) => {
  const [key, ...values] = NUMBERS[type] ?? [], value = (numbers ?? values)[replica];
  const own: Numbered = key === undefined ? { keys: [], values: [] } : { keys: [key], values: [value!] };
  return { divisor: 3.5 + replica, dropouts: [0], ...row, numbers: [FIRST, own] };
});

/** Of rows; one of them counts nothing. */
const weightAt = (row: number): number => [1, 0, 2.5, 0.5][row % 4]!;

/** The largest weight of a row: tolerances are of it. */
export const LARGEST_WEIGHT = 2.5;

/** Of classes; the second of three counts nothing. */
export const classWeight = (c: number): number => [1.5, 0, 0.75][c % 3]!;

/** Targets by replica, [batch, width] of them or classes, in the words that they lie in. Rows that pad the batch hold no number. */
export function targetWords({ target: { words, isVector, isWeighted } }: LossShape, batch: number, targets: readonly ArrayLike<number>[]): Contents {
  const stride = pad4(batch) * words, contents = new Contents(targets.length * stride), width = words - Number(isWeighted);
  targets.forEach((values, replica) => {
    for (let row = 0; row < batch; row++) {
      const at = replica * stride + row * words;
      if (isVector) for (let c = 0; c < width; c++) contents.floats[at + c] = values[row * width + c]!;
      else contents.words[at] = values[row]!;
      if (isWeighted) contents.floats[at + words - 1] = weightAt(row);
    }
  });
  return contents;
}

/** Classes, or probabilities that do not sum to 1; labels, some of them certain; values, some of them met exactly. */
export function drawTargets(type: LossName, [batch, width]: readonly [number, number], { isVector = type !== 'softmax-cross-entropy' }: TargetOptions, outputs: ArrayLike<number>, id: number): number[] {
  const units = Array.from(draw(batch * (isVector ? width : 1), 900 + id), (x) => (x + 1) / 2);
  if (!isVector) return units.map((u) => Math.min(width - 1, Math.floor(u * width)));
  if (type === 'softmax-cross-entropy') return units;
  if (type === 'binary-cross-entropy') return units.map((u, i) => (i % 3 === 0 ? u : Math.round(u)));
  return units.map((u, i) => (i % 7 === 3 ? outputs[i]! : 4 * u - 2));
}

/** Where these are finite. */
export const finite = (values: Iterable<number>): string => Array.from(values, (value) => (Number.isFinite(value) ? '.' : 'x')).join('');

/** The cases' three replicas, of a batch of 9. */
export const THREE_ROWS: readonly Row[] = [{ count: 9, slot: 2 }, { count: 9, active: false }, { count: 4, slot: 1 }];
