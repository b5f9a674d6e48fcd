/** A parameter arena with its optimizer state: where tensors lie, what they hold, and what an update must make of them. */
import { CHUNK } from '../../src/kernels/chunk.ts';
import { STATE_SLOTS, type Rule, type RuleName } from '../../src/kernels/rule.ts';
import { NO_FLAG } from '../../src/kernels/snapshot.ts';
import type { TensorSettings } from '../../src/model/hyperparameters.ts';
import type { Hyperparameters, OptimizerState, Updated } from '../../src/reference/index.ts';
import { withDefaults } from '../../src/reference/index.ts';
import { EPSILON } from './compare.ts';
import { Contents, draw, pad4, words, type Place, type Want } from './contents.ts';
import type { Row } from './run-kernel.ts';

/** [rows, columns] of a weight, or [columns] of a bias. */
export type TensorShape = readonly [number, number] | readonly [number];

export interface ArenaPlaces {
  readonly tensors: readonly Place[];
  /** Floats of one replica's arena, and of one state slot. */
  readonly stride: number;
  /** Tensor of each chunk. */
  readonly chunks: Uint32Array;
}

/** Tensors one after the other, each from a chunk's start. */
export function arenaPlaces(shapes: readonly TensorShape[], chunk = CHUNK): ArenaPlaces {
  const chunks: number[] = [];
  const tensors = shapes.map((shape, tensor): Omit<Place, 'stride'> => {
    const columns = shape.at(-1)!, rows = shape.length === 2 ? shape[0] : 1;
    const paddedRows = shape.length === 2 ? pad4(rows) : 1;
    const offset = 4 * chunk * chunks.length;
    for (let i = 0; i < Math.ceil((paddedRows * pad4(columns)) / (4 * chunk)); i++) chunks.push(tensor);
    return { rows, columns, paddedRows, offset };
  });
  const stride = 4 * chunk * chunks.length;
  return { tensors: tensors.map((tensor) => ({ ...tensor, stride })), stride, chunks: Uint32Array.from(chunks) };
}

const ruleName = ({ optimizer }: Hyperparameters): RuleName => (optimizer === 'adamw' ? 'adam' : optimizer);

/** The rule that covers all of these. */
export function ruleOf(all: readonly Hyperparameters[]): Rule {
  const any = (test: (h: ReturnType<typeof withDefaults>) => boolean): boolean => all.map(withDefaults).some(test);
  return {
    name: ruleName(all[0]!),
    l1Subgradient: any(({ l1, l1Rule }) => l1 > 0 && l1Rule === 'subgradient'),
    l1Proximal: any(({ l1, l1Rule }) => l1 > 0 && l1Rule === 'proximal'),
    l2Coupled: any(({ l2, l2Rule }) => l2 > 0 && l2Rule === 'coupled'),
    l2Proximal: any(({ l2, l2Rule }) => l2 > 0 && l2Rule === 'proximal'),
    weightDecay: any(({ weightDecay }) => weightDecay > 0),
  };
}

/** The same hyperparameters as the library's rows take them. */
export function settingsOf(given: Hyperparameters): TensorSettings {
  const h = withDefaults(given);
  const isAdam = ruleName(h) === 'adam';
  return {
    ...h, momentum: isAdam ? h.beta1 : h.momentum, dampening: isAdam ? 0 : h.dampening,
    l1Rule: h.l1Rule === 'subgradient' ? 'subgradient' : 'proximal', l1Reaches: true, l2Reaches: true,
  };
}

/** One replica: hyperparameters per tensor, and where it stands. */
export interface ReplicaUpdate {
  readonly hyperparameters: readonly Hyperparameters[];
  readonly t: number;
  readonly step: number;
  readonly active?: boolean;
}

export const updateRow = ({ hyperparameters, t, step, active = true }: ReplicaUpdate): Row => ({
  step, active, t, tensors: hyperparameters.map(settingsOf), rule: ruleName(hyperparameters[0]!),
});

/** Weights and gradients lie within this, so that a lost penalty of 1e-5 is far above their rounding. */
export const SCALE = 0.01;

export interface TensorData {
  readonly weights: Float32Array;
  readonly state: OptimizerState;
}

/** Every seventh element has never seen a gradient. */
export const neverSeen = (i: number): boolean => i % 7 === 3;

/** Weights and state of one tensor as training would leave them; at t = 1 the state is still zero. */
export function tensorData(length: number, rule: RuleName, id: number, t: number): TensorData {
  const slots = STATE_SLOTS[rule];
  const past = (values: Float32Array): Float64Array => Float64Array.from(values, (x, i) => (t === 1 || neverSeen(i) ? 0 : x));
  const m = past(draw(length, 3 * id, SCALE));
  const v = past(draw(length, 3 * id + 1, SCALE).map((x) => (Math.abs(x) + SCALE / 5) ** 2));
  return { weights: draw(length, 3 * id + 2, SCALE), state: { ...(slots > 0 && { m }), ...(slots > 1 && { v }) } };
}

export const tensorLength = ({ rows, columns }: Place): number => rows * columns;

/** Where a slot of a tensor's state lies. */
const slotPlace = (at: Place, slot: number, slots: number): Place => ({ ...at, offset: at.offset + slot * at.stride, stride: slots * at.stride });

/** Parameters, state and flags before the update; data is [replica][tensor]. */
export interface ArenaContents {
  readonly parameters: Contents;
  readonly state: Contents;
  readonly flags: Contents;
}

/** Unused stretches between tensors are pads, and pads are zero. */
export function arenaContents({ tensors, stride }: ArenaPlaces, rule: RuleName, data: readonly (readonly TensorData[])[]): ArenaContents {
  const slots = STATE_SLOTS[rule];
  const parameters = new Contents(data.length * stride), state = new Contents(Math.max(4, data.length * slots * stride));
  parameters.floats.fill(0);
  state.floats.fill(0);
  data.forEach((replicaData, replica) => replicaData.forEach((one, i) => {
    parameters.put(tensors[i]!, replica, one.weights);
    if (one.state.m) state.put(slotPlace(tensors[i]!, 0, slots), replica, one.state.m);
    if (one.state.v) state.put(slotPlace(tensors[i]!, 1, slots), replica, one.state.v);
  }));
  return { parameters, state, flags: words(new Uint32Array(data.length * tensors.length).fill(NO_FLAG)) };
}

/**
 * Weights and first moments are sums of terms of a few SCALE. Second moments have no cancellation, except in the
 * gradient under a coupled penalty: off by EPSILON * SCALE, squared, times 1 - beta2 (1e-3 here).
 */
const WEIGHT = { relative: 8 * EPSILON, absolute: 8 * EPSILON * 4 * SCALE };
const FIRST = { relative: 4 * EPSILON, absolute: 4 * EPSILON * SCALE };
const SECOND = { relative: 8 * EPSILON, absolute: 4e-3 * EPSILON * SCALE ** 2 };

/** Throws Mismatch unless parameters and state are the wanted ones; inactive replicas (undefined) untouched. */
export function checkArena(
  got: ArenaContents, before: ArenaContents, { tensors }: ArenaPlaces, rule: RuleName,
  want: readonly (readonly Updated[] | undefined)[], gradientError = 0,
): void {
  const slots = STATE_SLOTS[rule];
  const wants = (pick: (one: Updated, at: Place) => Omit<Want, 'replica'> | undefined): Want[] =>
    want.flatMap((replicaWant, replica) => (replicaWant ?? []).flatMap((one, i) => {
      const found = pick(one, tensors[i]!);
      return found === undefined ? [] : [{ ...found, replica, absolute: found.absolute! + gradientError }];
    }));
  got.parameters.check('parameters', before.parameters, wants(({ weights }, at) => ({ place: at, values: weights, ...WEIGHT })));
  got.state.check('state', before.state, [
    ...wants(({ state: { m } }, at) => m && { place: slotPlace(at, 0, slots), values: m, ...FIRST }),
    ...wants(({ state: { v } }, at) => v && { place: slotPlace(at, 1, slots), values: v, ...SECOND }),
  ]);
}
