/** Operations that only some plans have: what makes dispatches of them is loaded once it is known that a plan has them. */

import type { Op, OpName } from '../ops/op.ts';
import type { Operation } from '../scheduler/graph.ts';
import type { Lowering, Lowerings } from './lowering.ts';

const gradients = async (): Promise<Lowerings> => (await import('./lower-gradients.ts')).lowerings;

const LOADERS = {
  map: async () => (await import('./lower-map.ts')).lowerings,
  columns: async () => (await import('./lower-columns.ts')).lowerings,
  weightUpdate: async () => (await import('./lower-layer-update.ts')).lowerings,
  weightGradient: gradients,
  columnSum: gradients,
  update: gradients,
  slopeGradient: async () => (await import('./lower-slopes.ts')).lowerings,
  penalty: async () => (await import('./lower-penalty.ts')).lowerings,
  unitRules: async () => (await import('./lower-units.ts')).lowerings,
} as const satisfies { readonly [Name in OpName]?: () => Promise<Lowerings> };

type LateOp = Extract<Op, { readonly op: keyof typeof LOADERS }>;

const known: { [Name in OpName]?: NonNullable<Lowerings[Name]> } = {};

/** From here on these operations can be lowered. */
export const knowLowerings = (lowerings: Lowerings): void => void Object.assign(known, lowerings);

/** Loads what these operations are lowered with and is not there. */
export async function loadLowerings(names: readonly OpName[]): Promise<void> {
  const missing = (Object.keys(LOADERS) as LateOp['op'][]).filter((name) => names.includes(name) && known[name] === undefined);
  await Promise.all(missing.map(async (name) => knowLowerings(await LOADERS[name]())));
}

/** One that is there. */
export const lowerLate = (context: Lowering, op: LateOp): Operation[] => (known[op.op] as (context: Lowering, op: LateOp) => Operation[])(context, op);
