/** Activations that have a number of their own: where it lies in the rows of these cases, and what it is there. */
import type { ActivationName } from '../../src/kernels/activations/index.ts';
import type { NumberKey, Numbered } from '../../src/model/numbers.ts';
import type { Row } from './run-kernel.ts';

interface Own {
  readonly key: NumberKey;
  /** From replica to replica; none is the default. Those of beta are powers of two, which scale an argument exactly. */
  readonly values: readonly [number, number, number];
}

const OWN: { readonly [Name in ActivationName]?: Own } = {
  leakyRelu: { key: 'leakyRelu.slope', values: [0.25, 0.5, 0.375] },
  elu: { key: 'elu.alpha', values: [0.75, 0.5, 1.5] },
  silu: { key: 'silu.beta', values: [2, 0.25, 0.5] },
};

/** Dropouts of every row, so that entries lie where they are looked for. */
const DROPOUTS = [0, 0];

/** An entry that must not be read stands before the activation's. */
const FIRST: Numbered = { keys: ['loss.delta'], values: [77] };

/** In the row's layers: behind two dropouts and an entry. */
const ENTRY = 3;

/** Entries of a row with these. */
export const LAYERS = ENTRY + 1;

/** For a shape: where the activation's number lies, if it has one. */
export const entryOf = (activation: string | undefined): { readonly entry?: number } =>
  (activation !== undefined && Object.hasOwn(OWN, activation) ? { entry: ENTRY } : {});

/** The activation's number in a replica, as a row's f32 has it. */
export const numberOf = (activation: string | undefined, replica: number): number | undefined =>
  (activation === undefined ? undefined : OWN[activation as ActivationName]?.values[replica]);

/** Rows with the activation's numbers. */
export const numbered = (rows: readonly Row[], activation: string | undefined): readonly Row[] => {
  const own = activation === undefined ? undefined : OWN[activation as ActivationName];
  return own === undefined ? rows : rows.map((row, replica) => ({
    ...row, dropouts: row.dropouts ?? DROPOUTS, numbers: [FIRST, { keys: [own.key], values: [own.values[replica]!] }],
  }));
};
