/** The row table: where the CPU writes a step's numbers, and where the shader reads them. */
import type { RuleName } from '../../src/kernels/rule.ts';
import { TENSOR_FIELDS } from '../../src/kernels/row.ts';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ReplicaSettings } from '../../src/model/hyperparameters.ts';
import { adam, sgd } from '../../src/model/optimizers/index.ts';
import { clipByValue } from '../../src/model/clip.ts';
import { l1, l2, maxNorm } from '../../src/model/regularizers.ts';
import { dropThreshold, rowEntryBytes, rowTable, tensorRow, writeRow, type Clock, type RowHeader } from '../../src/compile/rows.ts';
import { cosine } from '../../src/model/schedules/index.ts';
import { settingsOf } from './support.ts';

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
const SCALARS: Readonly<Record<string, readonly [number, number]>> = { f32: [4, 4], u32: [4, 4], vec2u: [8, 8], vec4u: [16, 16] };

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

const HEADER: RowHeader = { step: 11, position: 22, count: 33, active: true, order: 44, slot: 55 };

describe('writeRow', () => {
  const [tensors, groups, layers] = [2, 2, 5];
  const structs = structsOf(readFileSync('shaders/lib/row.wgsl', 'utf8'), { PARAMETER_GROUPS: groups, GROUP_VECTORS: 1, LAYERS: layers });
  const at = (struct: string, field: string): number => structs.get(struct)!.fields.find(({ name }) => name === field)!.offset;
  const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

  /** An entry between two margins of 64 bytes, which must stay zero. */
  function written(header: RowHeader, settings: ReplicaSettings, rule: RuleName, clock?: Clock) {
    const size = structs.get('StepRow')!.size;
    const view = new DataView(new ArrayBuffer(64 + size + 64));
    writeRow(rowTable(view.buffer), 64, header, { settings, rule, groups }, clock);
    const outside = [...new Uint8Array(view.buffer, 0, 64), ...new Uint8Array(view.buffer, 64 + size)];
    expect(outside.every((byte) => byte === 0)).toBe(true);
    return {
      word: (struct: string, field: string, base = 0): number => view.getUint32(64 + base + at(struct, field), true),
      float: (struct: string, field: string, base = 0): number => view.getFloat32(64 + base + at(struct, field), true),
    };
  }
  const twoOf = (settings: ReplicaSettings, changes: Partial<ReplicaSettings> = {}): ReplicaSettings =>
    ({ ...settings, tensors: settings.tensors.slice(0, 2), dropouts: [0.5, 0, 0.75], numbers: [{ keys: ['elu.alpha'], values: [0.5] }, { keys: [], values: [] }], ...changes });

  test('row.wgsl declares what the writer thinks, and a uniform array may hold it', () => {
    expect([...structs.keys()]).toEqual(['Hyperparameters', 'LayerNumbers', 'StepRow']);
    const { fields } = structs.get('Hyperparameters')!;
    expect(fields.map(({ name }) => name)).toEqual(TENSOR_FIELDS.map(snake));
    expect(fields.map(({ type, offset }) => [type, offset])).toEqual(TENSOR_FIELDS.map((_, i) => ['f32', 4 * i]));
    expect(structs.get('StepRow')!.fields.map(({ name, type }) => `${name}: ${type}`)).toEqual([
      'step: u32', 'position: u32', 'count: u32', 'is_active: u32', 'seed: vec2u', 'order: u32', 'slot: u32',
      'group_count: u32', 'starts_group: u32', 'ends_group: u32', 't: u32', 'average_weight: f32', 'clip: f32',
      'average_start: u32', 'average_every: u32', 'group_of: array<vec4u, GROUP_VECTORS>', 'groups: array<Hyperparameters, PARAMETER_GROUPS>', 'layers: array<LayerNumbers, LAYERS>',
    ]);
    // Elements of arrays in uniform buffers, and members that are arrays, sit at multiples of 16.
    for (const { size } of structs.values()) expect(size % 16).toBe(0);
    for (const field of ['group_of', 'groups', 'layers']) expect(at('StepRow', field) % 16).toBe(0);
    expect(rowEntryBytes({ tensors, groups, layers })).toBe(structs.get('StepRow')!.size);
  });

  test('the header lies where the shader reads it', () => {
    const settings = settingsOf(sgd({ learningRate: 0.5, clip: clipByValue(cosine(8, { final: 2 })) }));
    const group = { count: 66, starts: false, ends: true };
    const { word, float } = written({ ...HEADER, group, averageWeight: 0.25, averageStart: 88, averageEvery: 99 }, twoOf(settings, { seed: 2 ** 32 * 5 + 4 }), 'sgd', { step: 50, steps: 100, t: 77 });
    const names = ['step', 'position', 'count', 'is_active', 'order', 'slot', 'group_count', 'starts_group', 'ends_group', 't', 'average_start', 'average_every'];
    expect(names.map((name) => word('StepRow', name))).toEqual([11, 22, 33, 1, 44, 55, 66, 0, 1, 77, 88, 99]);
    expect([word('StepRow', 'seed'), word('StepRow', 'seed', 4)]).toEqual([4, 5]);
    expect([float('StepRow', 'average_weight'), float('StepRow', 'clip')]).toEqual([0.25, 5]);
  });

  test('one batch is a group of its own; the other end of a group is told from the first', () => {
    const settings = twoOf(settingsOf(sgd({ learningRate: 0.5 })));
    const groupOf = (header: RowHeader): number[] => {
      const { word } = written(header, settings, 'sgd', { step: 0, steps: 1, t: 1 });
      return ['group_count', 'starts_group', 'ends_group'].map((name) => word('StepRow', name));
    };
    expect(groupOf(HEADER)).toEqual([33, 1, 1]);
    expect(groupOf({ ...HEADER, group: { count: 99, starts: true, ends: false } })).toEqual([99, 1, 0]);
  });

  test('every number of a tensor lies in the field of its name', () => {
    const optimizer = sgd({ learningRate: 0.5, momentum: 0.25, dampening: 0.125, weightDecay: 0.5, regularizers: [l1(0.0625), l2(0.03125), maxNorm(3)] });
    const { float } = written(HEADER, twoOf(settingsOf(optimizer)), 'momentum', { step: 11, steps: 100, t: 12 });
    const size = structs.get('Hyperparameters')!.size;
    const rowAt = (i: number): Record<string, number> => Object.fromEntries(structs.get('Hyperparameters')!.fields
      .map(({ name }) => [name, float('Hyperparameters', name, at('StepRow', 'groups') + size * i)]).filter(([, value]) => value !== 0));
    // By hand, those that are not 0. The threshold is 0.5 * 0.875 / 0.75 * 0.0625.
    const both = { step_size: 0.5, momentum: 0.25, gradient_weight: 0.875 };
    expect(rowAt(0)).toEqual({ ...both, decay: 0.75, l2_coupled: 0.03125, l1_threshold: Math.fround((0.5 * 0.875 * 0.0625) / 0.75), norm_bound: 3 });
    expect(rowAt(1)).toEqual({ ...both, decay: 1 });
  });

  test('fields that few rules use are written too, rounded once', () => {
    const settings = twoOf(settingsOf(adam({ epsilonRoot: 1e-9 })));
    const clock = { step: 2, steps: 10, t: 3, l1Totals: [0.1, 0] };
    const { float } = written(HEADER, settings, 'adam', clock);
    const row = tensorRow('adam', settings.tensors[0]!, clock, 0);
    for (const name of TENSOR_FIELDS) expect([name, float('Hyperparameters', snake(name), at('StepRow', 'groups'))]).toEqual([name, Math.fround(row[name] ?? 0)]);
    // 1 / (1 - 0.999^3) and ln 0.999, by hand.
    expect(float('Hyperparameters', 'inverse_c2', at('StepRow', 'groups'))).toBe(Math.fround(1 / 0.002997001));
    expect(float('Hyperparameters', 'log_beta2', at('StepRow', 'groups'))).toBe(Math.fround(-0.0010005003335835335));
    expect(float('Hyperparameters', 'l1_total', at('StepRow', 'groups'))).toBe(Math.fround(0.1));
  });

  test('dropouts lie behind the tensors, then numbers of activations and what the loss divides by', () => {
    const settings = twoOf(settingsOf(sgd({ learningRate: 0.5 })));
    const { word, float } = written(HEADER, settings, 'sgd', { step: 0, steps: 1, t: 1 });
    const entries = Array.from({ length: layers }, (_, i) => {
      const base = at('StepRow', 'layers') + structs.get('LayerNumbers')!.size * i;
      return [word('LayerNumbers', 'threshold', base), ...['scale', 'first', 'second'].map((field) => float('LayerNumbers', field, base))];
    });
    expect(entries).toEqual([[2 ** 31, 2, 0, 0], [0, 1, 0, 0], [0.75 * 2 ** 32, 4, 0, 0], [0, 0, 0.5, 0], [0, 33, 0, 0]]);
  });

  test('a frozen replica is not active; a row without a clock has its header alone', () => {
    const settings = settingsOf(sgd({ learningRate: 0.5, clip: clipByValue(1) }));
    const view = new DataView(new ArrayBuffer(rowEntryBytes({ tensors: 1, groups: 1, layers: 1 })));
    const header = { step: 0, position: 0, count: 7, active: false, order: 0, slot: 0 };
    writeRow(rowTable(view.buffer), 0, header, { settings: { ...settings, seed: 0, tensors: settings.tensors.slice(0, 1) }, rule: 'sgd', groups: 1 });
    // The batch is its own group: its count, its start and its end.
    const want = [0, 0, 7, 0, 0, 0, 0, 0, 7, 1, 1];
    expect([...new Uint32Array(view.buffer)]).toEqual([...want, ...Array(view.byteLength / 4 - want.length).fill(0)]);
  });
});
