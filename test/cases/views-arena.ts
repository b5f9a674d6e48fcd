/** The update of the caller's views and that of the library's own arena are one rule: the same numbers, bit for bit. */
import { scaledUpdate, tensorNorms } from '../../src/kernels/index.ts';
import { needsNorms, NORM_GROUPS, stateSlots, type RuleName } from '../../src/kernels/rule.ts';
import type { Hyperparameters } from '../../src/reference/index.ts';
import {
  arenaContents, arenaPlaces, ruleOf, slotPlace, tensorLength, updateRow, type ArenaContents, type ReplicaUpdate, type TensorShape,
} from './arena-layout.ts';
import { expectClose, expectWords } from './compare.ts';
import { Contents, pad4, words } from './contents.ts';
import { isRefused, PENALTIES, RULES } from './rules.ts';
import { kernelCase, rowShape, runKernel, type Bench, type KernelCase } from './run-kernel.ts';
import { drawInputs, gradientContents, runUpdate } from './update.ts';
import { setUp, updated } from './views.ts';

/** Rows without pads, so that both add up norms in the same order; a bias may have any length. */
const SHAPES: readonly TensorShape[] = [[20, 32], [33], [70, 4]];

async function runArena(bench: Bench, replica: ReplicaUpdate): Promise<{ got: ArenaContents; data: ReturnType<typeof drawInputs>[0] }> {
  const places = arenaPlaces(SHAPES), rule = ruleOf([replica]);
  const [data] = drawInputs(places, [replica]);
  const before = arenaContents(places, rule, [data!]), gradients = gradientContents(places, [data!]);
  if (!needsNorms(rule)) return { got: await runUpdate(bench, places, [replica], before, gradients), data: data! };
  const shared = {
    rows: [updateRow(replica)], shape: { row: rowShape(1, places.tensors.length), arena: { stride: places.stride }, rule },
  };
  const skips = words([0, 0]);
  const tensors = words(places.tensors.flatMap((at) => [at.offset / 4, (at.paddedRows * pad4(at.columns)) / 4]));
  const { norms } = await runKernel(bench, {
    ...shared, kernel: tensorNorms,
    buffers: {
      gradients, parameters: before.parameters, state: before.state, tensors, skips,
      norms: new Contents(4 * places.tensors.length * NORM_GROUPS),
    },
  });
  const chunks = places.chunks.length;
  const got = await runKernel(bench, {
    ...shared, kernel: scaledUpdate, shape: { ...shared.shape, chunks },
    buffers: { gradients, chunks: words(places.chunks), norms: norms!, skips, ...before },
  });
  return { got: got as unknown as ArenaContents, data: data! };
}

async function equalCase(bench: Bench, replica: ReplicaUpdate): Promise<void> {
  const places = arenaPlaces(SHAPES), slots = stateSlots(ruleOf([replica]));
  const { got: want, data } = await runArena(bench, replica);
  const setup = setUp(replica, (_, i) => data[i]!, places.tensors.map(tensorLength));
  const got = await updated(bench, setup);
  const same = (label: string, found: Contents, at: number, wanted: Float32Array): void => {
    const own = found.floats.slice(at, at + wanted.length);
    // Hardware compilers may contract products and sums differently in different kernels.
    if (bench.device.adapter.state === 'hardware') expectClose(label, own, wanted, 1e-5, 1e-7);
    else expectWords(label, new Uint32Array(own.buffer), new Uint32Array(wanted.slice().buffer));
  };
  places.tensors.forEach((place, i) => {
    const { weights, state } = setup.views[i]!;
    same(`tensor ${i}`, got.parameters, weights, want.parameters.get(place, 0));
    slots.forEach((slot, s) => same(`${slot} of tensor ${i}`, got.state, s * setup.stride + state, want.state.get(slotPlace(place, s, slots.length), 0)));
  });
}

const replicaOf = (base: Hyperparameters, penalties: Partial<Hyperparameters> = {}): ReplicaUpdate => {
  const { l1Rule, averageWeight, clip } = penalties;
  const bare = { ...base, ...(l1Rule === 'cumulative' && { l1Rule }), averageWeight, clip };
  return { hyperparameters: [{ ...base, ...penalties }, bare, { ...base, ...penalties }], t: 7, step: 6 };
};

const PENALTY = 'large l1, cumulative, l2 proximal, decay, non-negative, clip and average';

export const viewArenaCases: readonly KernelCase[] = [
  ...(Object.keys(RULES) as RuleName[]).map((name) => kernelCase('view-update', `${name} equals the arena's update`, (bench) =>
    equalCase(bench, replicaOf(RULES[name], isRefused(name, PENALTIES[PENALTY]!) ? PENALTIES['elastic net, proximal'] : PENALTIES[PENALTY])))),
  ...(['norm', 'globalNorm'] as const).map((by) => kernelCase('view-update', `clip by ${by} equals the arena's update`, (bench) =>
    equalCase(bench, replicaOf(RULES.adam, { clip: { by, threshold: 2e-3 }, l1: 1e-3 })))),
];
