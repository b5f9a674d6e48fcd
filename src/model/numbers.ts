/** Numbers of layers and of the loss that are hyperparameters: schedulable, and different from replica to replica. */

import type { Domain } from './domains.ts';
import type { Schedule } from './schedules/index.ts';

/** All of them, as overrides name them, and what they may be. */
const DOMAINS = {
  'leakyRelu.slope': 'non-negative', 'elu.alpha': 'non-negative', 'silu.beta': 'non-negative',
  'loss.smoothing': 'fraction', 'loss.positiveWeight': 'positive', 'loss.delta': 'positive', 'loss.beta': 'positive',
} as const satisfies Readonly<Record<string, Domain>>;

export type NumberKey = keyof typeof DOMAINS;

export const NUMBER_KEYS = Object.keys(DOMAINS) as readonly NumberKey[];

export const isNumberKey = (key: string): key is NumberKey => Object.hasOwn(DOMAINS, key);

export const numberDomain = (key: NumberKey): Domain => DOMAINS[key];

/** What one layer, or the loss, has of them: an entry in the row's `layers`. */
export interface Numbered {
  /** At most two, in the order of the entry's fields. */
  readonly keys: readonly NumberKey[];
  readonly values: readonly Schedule[];
  /** N of the dense layer that it lies behind, where there is one. */
  readonly layer?: number | undefined;
}
