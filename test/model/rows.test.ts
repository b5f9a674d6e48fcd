/** The row table: what the CPU computes of a step's hyperparameters, and where it writes them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { RuleName } from '../../src/kernels/rule.ts';
import type { TensorSettings } from '../../src/model/hyperparameters.ts';
import { dropThreshold, hyperparameterRow, rowEntryBytes, writeRow } from '../../src/model/rows.ts';
import { cosine } from '../../src/model/schedules.ts';
import { update, type Hyperparameters, type OptimizerState } from '../../src/reference/index.ts';
import { EPSILON, expectClose } from '../cases/compare.ts';

/** Names in the order of `Hyperparameters` in row.wgsl, and their values as the shader sees them. */
const NAMES = [
  'step_size', 'momentum', 'gradient_weight', 'epsilon', 'beta2', 'one_minus_beta2', 'inverse_root_c2', 'decay',
  'l1_subgradient', 'l2_coupled', 'l1_threshold', 'l2_proximal',
] as const;
type Row = Record<(typeof NAMES)[number], number>;

const asRow = (values: readonly number[]): Row =>
  Object.fromEntries(NAMES.map((name, i) => [name, Math.fround(values[i]!)])) as Row;

/** The formulas of shaders/lib/optimizers/*.wgsl and shaders/lib/update.wgsl, word by word, in double. */
function shaderUpdate(rule: RuleName, h: Row, weight: number, gradient: number, slot0: number, slot1: number): number[] {
  let w = weight * h.decay;
  const g = gradient + h.l2_coupled * weight + h.l1_subgradient * Math.sign(weight);
  const m = h.momentum * slot0 + h.gradient_weight * g;
  const v = rule === 'adam' ? h.beta2 * slot1 + h.one_minus_beta2 * g * g : 0;
  const metric = rule === 'adam' ? Math.sqrt(v) * h.inverse_root_c2 + h.epsilon : 1;
  if (rule === 'sgd') w -= h.step_size * g;
  if (rule === 'momentum') w -= h.step_size * m;
  if (rule === 'nesterov') w -= h.step_size * (g + h.momentum * m);
  if (rule === 'adam') w -= (h.step_size * m) / metric;
  w = Math.sign(w) * Math.max(Math.abs(w) - h.l1_threshold / metric, 0);
  return [w / (1 + h.l2_proximal / metric), m, v];
}

const settings = (changes: Partial<TensorSettings>): TensorSettings => ({
  learningRate: 0.1, momentum: 0, dampening: 0, beta2: 0, epsilon: 1, weightDecay: 0, l1: 0, l1Rule: 'proximal', l1Reaches: true,
  l2: 0, l2Rule: 'coupled', l2Reaches: true, ...changes,
});

const RULES: readonly [string, RuleName, Partial<TensorSettings>][] = [
  ['sgd', 'sgd', {}],
  ['momentum', 'momentum', { momentum: 0.9 }],
  ['momentum with dampening', 'momentum', { momentum: 0.8, dampening: 0.3 }],
  ['nesterov', 'nesterov', { momentum: 0.9 }],
  ['adam', 'adam', { momentum: 0.9, beta2: 0.999, epsilon: 1e-8 }],
  ['adam with a slow second moment and a large epsilon', 'adam', { momentum: 0.95, beta2: 0.99999, epsilon: 0.1 }],
];

const PENALTIES: readonly [string, Partial<TensorSettings>][] = [
  ['no penalty', {}],
  ['proximal l1', { l1: 0.02 }],
  ['subgradient l1', { l1: 0.02, l1Rule: 'subgradient' }],
  ['coupled l2', { l2: 0.3 }],
  ['proximal l2', { l2: 0.3, l2Rule: 'proximal' }],
  ['elastic net', { l1: 0.02, l2: 0.3, l2Rule: 'proximal' }],
  ['weight decay', { weightDecay: 0.7 }],
  ['everything', { l1: 0.01, l2: 0.1, weightDecay: 0.2 }],
];

const STEPS = [1, 2, 1000, 1e6];
const WEIGHTS = [0.5, -0.25, 0.003, 0, -1.5, 0.01];
const GRADIENTS = [0.3, -0.7, 0.002, 0.1, 0, -0.04];

/** The same settings in the reference's words. */
const referenceOf = (rule: RuleName, own: TensorSettings): Hyperparameters => ({
  optimizer: rule, learningRate: own.learningRate as number, dampening: own.dampening as number,
  ...(rule === 'adam' ? { beta1: own.momentum as number, beta2: own.beta2 as number, epsilon: own.epsilon as number } : { momentum: own.momentum as number }),
  l1: own.l1 as number, l1Rule: own.l1Rule, l2: own.l2 as number, l2Rule: own.l2Rule, weightDecay: own.weightDecay as number,
});

describe.each(RULES)('%s', (_, rule, changes) => {
  test.each(PENALTIES)('%s: a step with the rounded row is the reference\'s step', (__, penalty) => {
    const own = settings({ ...changes, ...penalty });
    for (const t of STEPS) {
      const row = asRow(hyperparameterRow(rule, own, { step: t - 1, steps: 1e7, t }));
      const m = Float64Array.from(GRADIENTS, (g, i) => (t === 1 ? 0 : g * (i % 2 === 0 ? 0.8 : -0.5)));
      const v = Float64Array.from(GRADIENTS, (g) => (t === 1 ? 0 : 0.6 * g * g + 1e-6));
      const state: OptimizerState = rule === 'sgd' ? {} : rule === 'adam' ? { m, v } : { m };
      const want = update({ weights: WEIGHTS, gradient: GRADIENTS, state, hyperparameters: referenceOf(rule, own), t });
      const got = WEIGHTS.map((w, i) => shaderUpdate(rule, row, w, GRADIENTS[i]!, m[i]!, v[i]!));
      // Each of at most five numbers in a term is off by half an epsilon; the terms are below 2.
      expectClose(`t = ${t}, weights`, got.map(([w]) => w!), want.weights, 0, 5 * EPSILON);
      if (want.state.m) expectClose(`t = ${t}, m`, got.map(([, slot]) => slot!), want.state.m, 2 * EPSILON, EPSILON / 4);
      if (want.state.v) expectClose(`t = ${t}, v`, got.map(([, , slot]) => slot!), want.state.v, 2 * EPSILON, 1e-20);
    }
  });
});

describe('hyperparameterRow', () => {
  test('bias corrections by hand: t = 1, 2, and where beta^t is gone', () => {
    const own = settings({ momentum: 0.9, beta2: 0.999, epsilon: 1e-8, learningRate: 1e-3 });
    const at = (t: number): number[] => hyperparameterRow('adam', own, { step: 0, steps: 1, t });
    expectClose('t = 1', [at(1)[0]!, at(1)[6]!], [1e-3 / 0.1, 1 / Math.sqrt(1e-3)], 1e-12, 0);
    expectClose('t = 2', [at(2)[0]!, at(2)[6]!], [1e-3 / 0.19, 1 / Math.sqrt(1 - 0.998001)], 1e-12, 0);
    expect([at(1e6)[0], at(1e6)[6]]).toEqual([1e-3, 1]);
    // In double: 1 - 0.999 in f32 would be off by 5e-5 of itself.
    expectClose('1 - beta2', [at(1)[5]!], [1e-3], 1e-12, 0);
  });

  test('schedules see the step and the horizon, bias corrections see t', () => {
    const own = settings({ learningRate: cosine(0.4, { final: 0.2 }), momentum: 0.5, l1: cosine(0.8) });
    const row = hyperparameterRow('momentum', own, { step: 50, steps: 100, t: 3 });
    // Rate 0.3; threshold rate * l1 / (1 - momentum).
    expectClose('half way', [row[0]!, row[10]!], [0.3, (0.3 * 0.4) / 0.5], 1e-14, 0);
  });

  test('dampening spares the first step only, and lowers the threshold', () => {
    const own = settings({ learningRate: 1, momentum: 0.5, dampening: 0.25, l1: 0.1 });
    const rows = [1, 2].map((t) => hyperparameterRow('momentum', own, { step: t - 1, steps: 9, t }));
    expect(rows.map((row) => row[2])).toEqual([1, 0.75]);
    expectClose('threshold', rows.map((row) => row[10]!), [0.15, 0.15], 1e-14, 0);
  });
});

describe('dropThreshold', () => {
  test.each([
    [0, 0], [1e-12, 0], [2 ** -33, 1], [2 ** -32, 1], [0.1, 429_496_730], [0.25, 2 ** 30], [0.5, 2 ** 31],
    [1 - 2 ** -32, 2 ** 32 - 1], [1 - 1e-12, 2 ** 32 - 1], [1 - 2 ** -53, 2 ** 32 - 1],
  ])('rate %s gives %s', (rate, threshold) => {
    expect(dropThreshold(rate)).toBe(threshold);
  });
});

interface Field {
  readonly name: string;
  readonly type: string;
  readonly offset: number;
}

/** Size and alignment of the types in row.wgsl, WGSL specification section "Alignment and Size". */
const SCALARS: Readonly<Record<string, readonly [number, number]>> = { f32: [4, 4], u32: [4, 4], vec2u: [8, 8] };

/** The structs of row.wgsl, laid out by WGSL's rules; arrays have `counts` elements. */
function structsOf(text: string, counts: Readonly<Record<string, number>>): Map<string, { fields: Field[]; size: number; align: number }> {
  const structs = new Map<string, { fields: Field[]; size: number; align: number }>();
  const up = (value: number, to: number): number => Math.ceil(value / to) * to;
  const measure = (type: string): readonly [number, number] => {
    const array = /^array<(\w+), (\w+)>$/.exec(type);
    if (array !== null) {
      const [size, align] = measure(array[1]!);
      return [up(size, align) * counts[array[2]!]!, align];
    }
    const struct = structs.get(type);
    return struct === undefined ? SCALARS[type]! : [struct.size, struct.align];
  };
  for (const [, name, body] of text.matchAll(/struct (\w+) \{([^}]*)\}/g)) {
    let end = 0, widest = 1;
    const fields = [...body!.matchAll(/^\s*(\w+): (.+?),\s*(?:\/\/.*)?$/gm)].map(([, field, type]): Field => {
      const [size, align] = measure(type!);
      const offset = up(end, align);
      end = offset + size;
      widest = Math.max(widest, align);
      return { name: field!, type: type!, offset };
    });
    structs.set(name!, { fields, size: up(end, widest), align: widest });
  }
  return structs;
}

describe('writeRow', () => {
  const [tensors, dropouts] = [2, 3];
  const structs = structsOf(readFileSync('shaders/lib/row.wgsl', 'utf8'), { TENSORS: tensors, DROPOUTS: dropouts });
  const at = (struct: string, field: string): number => structs.get(struct)!.fields.find(({ name }) => name === field)!.offset;

  test('row.wgsl declares what the writer thinks, and a uniform array may hold it', () => {
    expect([...structs.keys()]).toEqual(['Hyperparameters', 'Dropout', 'StepRow']);
    expect(structs.get('Hyperparameters')!.fields.map(({ name }) => name)).toEqual(NAMES);
    expect(structs.get('StepRow')!.fields.map(({ name }) => name))
      .toEqual(['step', 'position', 'count', 'is_active', 'seed', 'order', 'slot', 'tensors', 'dropouts']);
    // Elements of arrays in uniform buffers, and members that are arrays, sit at multiples of 16.
    for (const { size } of structs.values()) expect(size % 16).toBe(0);
    for (const field of ['tensors', 'dropouts']) expect(at('StepRow', field) % 16).toBe(0);
    expect(rowEntryBytes(tensors, dropouts)).toBe(structs.get('StepRow')!.size);
  });

  test('every word lies where the shader reads it', () => {
    const own = [
      settings({ learningRate: 0.5, momentum: 0.25, dampening: 0.125, weightDecay: 0.5, l1: 0.0625, l2: 0.03125 }),
      settings({ learningRate: 2, momentum: 0.5, beta2: 0.75, epsilon: 8, l1: 4, l1Rule: 'subgradient', l2: 16, l2Rule: 'proximal' }),
    ];
    const view = new DataView(new ArrayBuffer(64 + structs.get('StepRow')!.size + 64));
    const header = { step: 11, position: 22, count: 33, active: true, order: 44, slot: 55 };
    const settingsOf = { seed: 2 ** 32 * 5 + 4, tensors: own, dropouts: [0.5, 0, 0.75] };
    writeRow(view, 64, header, settingsOf, 'momentum', { step: 11, steps: 100, t: 12 });
    const word = (struct: string, field: string, base = 0): number => view.getUint32(64 + base + at(struct, field), true);
    const float = (struct: string, field: string, base: number): number => view.getFloat32(64 + base + at(struct, field), true);
    expect(['step', 'position', 'count', 'is_active', 'order', 'slot'].map((name) => word('StepRow', name))).toEqual([11, 22, 33, 1, 44, 55]);
    expect([word('StepRow', 'seed'), word('StepRow', 'seed', 4)]).toEqual([4, 5]);
    const rowAt = (i: number): number[] => NAMES.map((name) => float('Hyperparameters', name, at('StepRow', 'tensors') + structs.get('Hyperparameters')!.size * i));
    // step, momentum, gradient weight, epsilon, beta2, 1 - beta2, root, decay, l1 sub, l2 coupled, threshold, l2 proximal
    const gain = (0.5 * 0.875) / 0.75;
    expect(rowAt(0)).toEqual([0.5, 0.25, 0.875, 1, 0, 1, 1, 0.75, 0, 0.03125, Math.fround(gain * 0.0625), 0]);
    expect(rowAt(1)).toEqual([2, 0.5, 1, 8, 0.75, 0.25, 1, 1, 4, 0, 0, 64]);
    const drops = [0, 1, 2].map((i) => {
      const base = at('StepRow', 'dropouts') + structs.get('Dropout')!.size * i;
      return [word('Dropout', 'threshold', base), float('Dropout', 'scale', base), word('Dropout', 'unused0', base), word('Dropout', 'unused1', base)];
    });
    expect(drops).toEqual([[2 ** 31, 2, 0, 0], [0, 1, 0, 0], [0.75 * 2 ** 32, 4, 0, 0]]);
    // Not a word before or after the entry.
    const outside = [...new Uint8Array(view.buffer, 0, 64), ...new Uint8Array(view.buffer, 64 + structs.get('StepRow')!.size)];
    expect(outside.every((byte) => byte === 0)).toBe(true);
  });

  test('a frozen replica is not active; a row without a clock has its header alone', () => {
    const view = new DataView(new ArrayBuffer(rowEntryBytes(1, 0)));
    writeRow(view, 0, { step: 0, position: 0, count: 7, active: false, order: 0, slot: 0 }, { seed: 0, tensors: [settings({})], dropouts: [] }, 'sgd');
    expect([...new Uint32Array(view.buffer)]).toEqual([0, 0, 7, 0, ...Array(view.byteLength / 4 - 4).fill(0)]);
  });

  test('a model without dropout still has one entry: WGSL has no empty arrays', () => {
    expect(rowEntryBytes(2, 0)).toBe(rowEntryBytes(2, 1));
    expect(rowEntryBytes(2, 2) - rowEntryBytes(2, 1)).toBe(structs.get('Dropout')!.size);
  });
});
