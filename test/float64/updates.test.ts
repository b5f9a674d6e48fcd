/** Updates from a row's f32 numbers, by the twins, are the reference's from the hyperparameters that a user gives. */
import { describe, expect, test } from 'vitest';
import { BLOCK } from '../../src/float64/kernels/apply.ts';
import { scaledUpdate, tensorNorms, update } from '../../src/kernels/index.ts';
import { needsNorms, NORM_GROUPS, stateSlots, type RuleName } from '../../src/kernels/rule.ts';
import { flagOf, NO_FLAG } from '../../src/kernels/snapshot.ts';
import * as reference from '../../src/reference/index.ts';
import type { Hyperparameters } from '../../src/reference/index.ts';
import {
  arenaContents, arenaPlaces, ruleOf, SCALE, slotPlace, updateRow, type ReplicaUpdate, type TensorShape,
} from '../cases/arena-layout.ts';
import { expectClose } from '../cases/compare.ts';
import { Contents, pad4, words, type Place } from '../cases/contents.ts';
import { rowShape } from '../cases/run-kernel.ts';
import { isRefused, PENALTIES, RULES, VARIANTS } from '../cases/rules.ts';
import { runTwin, type Numbers } from '../cases/twin.ts';
import { common, drawInputs, gradientContents } from '../cases/update.ts';

const SHAPES: readonly TensorShape[] = [[20, 30], [30], [3, 5]];
/** The first one is updated in blocks. */
const LONG: readonly TensorShape[] = [[Math.ceil((2 * BLOCK) / 60) + 1, 60], [30], [3, 5]];

/** The unpadded matrix at a place. */
const pick = (values: ArrayLike<number>, { rows, columns, offset }: Place): Float64Array =>
  Float64Array.from({ length: rows * columns }, (_, i) => values[offset + Math.floor(i / columns) * pad4(columns) + (i % columns)]!);

interface Options {
  readonly skips?: number;
  readonly shapes?: readonly TensorShape[];
}

/** One replica's update on the twins, and what it began with. */
function updated(replica: ReplicaUpdate, { skips = 0, shapes = SHAPES }: Options = {}): { numbers: Numbers; inputs: ReturnType<typeof drawInputs>[0] } {
  const places = arenaPlaces(shapes), rule = ruleOf([replica]), [inputs] = drawInputs(places, [replica]);
  const before = arenaContents(places, rule, [inputs!]), gradients = gradientContents(places, [inputs!]);
  const shape = { row: rowShape(1, shapes.length), chunks: places.chunks.length, arena: { stride: places.stride }, rule };
  const shared = { rows: [updateRow(replica)], shape };
  if (!needsNorms(rule)) {
    return { numbers: runTwin({ ...shared, kernel: update, buffers: { gradients, chunks: words(places.chunks), ...before } }), inputs: inputs! };
  }
  const counts = words(replica.t % 2 === 0 ? [skips, 0] : [0, skips]);
  const tensors = words(places.tensors.flatMap((at) => [at.offset / 4, (at.paddedRows * pad4(at.columns)) / 4]));
  const { norms } = runTwin({ ...shared, kernel: tensorNorms, buffers: {
    gradients, parameters: before.parameters, state: before.state, tensors, skips: counts, norms: new Contents(4 * shapes.length * NORM_GROUPS),
  } });
  const rounded = new Contents(norms!.length);
  rounded.floats.set(norms!);
  return { numbers: runTwin({ ...shared, kernel: scaledUpdate, buffers: {
    gradients, chunks: words(places.chunks), norms: rounded, skips: counts, ...before,
  } }), inputs: inputs! };
}

/** Rows and norms are f32: a few of their roundings, and a penalty's threshold may be divided by a metric of a hundredth of a weight. */
const RELATIVE = 2e-6;

function check(replica: ReplicaUpdate, options: Options = {}): void {
  const { numbers, inputs } = updated(replica, options), places = arenaPlaces(options.shapes ?? SHAPES), rule = ruleOf([replica]);
  const { skip } = replica, t = replica.t - (options.skips ?? 0), [first] = replica.hyperparameters;
  const { tensors } = reference.scaledUpdate({
    tensors: inputs.map((input, i) => ({ ...input, hyperparameters: { ...replica.hyperparameters[i]!, clip: undefined } })), t, clip: first!.clip, skip,
  });
  tensors.forEach(({ weights, state }, i) => {
    const absolute = RELATIVE * SCALE;
    expectClose(`tensor ${i}`, pick(numbers['parameters']!, places.tensors[i]!), weights, RELATIVE, absolute);
    stateSlots(rule).forEach((slot, s) => {
      const at = slotPlace(places.tensors[i]!, s, stateSlots(rule).length);
      const largest = state[slot]!.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const own = slot === 'cumulative' ? absolute : 0.1 * RELATIVE * largest;
      expectClose(`${slot} of tensor ${i}`, pick(numbers['state']!, at), state[slot]!, RELATIVE, own);
    });
  });
}

/** The weight takes the penalties, the bias none, and the last tensor another learning rate. */
const perTensor = (base: Hyperparameters, penalties: Partial<Hyperparameters> = {}): readonly Hyperparameters[] => [
  { ...base, ...penalties }, { ...base, ...common(penalties), trustRatio: false }, { ...base, ...penalties, learningRate: base.learningRate / 3 },
];

const NAMES = Object.keys(RULES) as RuleName[];

describe.each(NAMES)('%s', (name) => {
  test.each(Object.entries(PENALTIES).filter(([, penalties]) => !isRefused(name, penalties)))('%s', (_, penalties) => {
    for (const t of [1, 7]) check({ hyperparameters: perTensor(RULES[name], penalties), t, step: 6 });
  });

  test.each(name === 'lars' || name === 'lamb' ? [] : ['norm', 'globalNorm'] as const)('clip by %s', (by) => {
    for (const threshold of [0.01, 10]) check({ hyperparameters: perTensor(RULES[name], { clip: { by, threshold }, l2: 0.1 }), t: 7, step: 6 });
  });

  test.each(name === 'nadam' ? [] : [[8, 7], [9, 7], [20, 13], [1006, 6]])('update %i without the %i left out', (t, skips) => {
    check({ hyperparameters: perTensor(RULES[name]), t, step: t - 1, skip: true }, { skips });
  });
});

test.each(Object.entries(VARIANTS))('%s', (_, base) => {
  for (const t of [1, 7]) check({ hyperparameters: perTensor(base, { l1: 1e-5 }), t, step: 6 });
});

test.each(['sgd', 'adam', 'lamb', 'ftrl'] as const)('%s of a tensor of several blocks', (name) => {
  check({ hyperparameters: perTensor(RULES[name], { l1: 1e-5, ...(name === 'adam' && { l1Rule: 'cumulative' }) }), t: 7, step: 6 }, { shapes: LONG });
});

describe('a tensor of several blocks is flagged', () => {
  const replica: ReplicaUpdate = { hyperparameters: perTensor(RULES.adam), t: 7, step: 6 }, places = arenaPlaces(LONG), rule = ruleOf([replica]);
  const STEP = 6, [own] = places.tensors, last = own!.offset + own!.rows * pad4(own!.columns) - 1;
  const flagsOf = (spoil: (numbers: Record<'gradients' | 'state', Float64Array>) => void): number[] => {
    const [inputs] = drawInputs(places, [replica]), buffers = { gradients: gradientContents(places, [inputs!]), chunks: words(places.chunks), ...arenaContents(places, rule, [inputs!]) };
    const shape = { row: rowShape(1, LONG.length), chunks: places.chunks.length, arena: { stride: places.stride }, rule };
    return [...runTwin({ kernel: update, rows: [updateRow(replica)], shape, buffers }, (numbers) => spoil(numbers as never))['flags']!];
  };
  const none = NO_FLAG;

  test('by nothing', () => expect(flagsOf(() => {})).toEqual([none, none, none]));

  test.each([['first', own!.offset], ['last', last]])('by the %s number of its gradient, whatever state has', (_, at) => {
    const flag = flagOf({ step: STEP, isState: false });
    expect(flagsOf(({ gradients }) => { gradients[at] = NaN; })).toEqual([flag, none, none]);
    expect(flagsOf(({ gradients, state }) => { gradients[at] = NaN; state[own!.offset + BLOCK] = 1e39; })).toEqual([flag, none, none]);
  });

  test.each([['first', own!.offset], ['last', last]])('by the %s number of its state alone', (_, at) => {
    // The second moment: nothing moves by it, and weights stay finite.
    expect(flagsOf(({ state }) => { state[places.stride + at] = 1e39; })).toEqual([flagOf({ step: STEP, isState: true }), none, none]);
  });
});
