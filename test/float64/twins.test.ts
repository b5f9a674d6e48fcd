/** Every kernel has a twin, which is told what the kernel's text says of its buffers and rows. */
import { expect, test } from 'vitest';
import { knowEverything } from '../../src/compile/all.ts';
import { rowsOf } from '../../src/float64/rows.ts';
import { twins } from '../../src/float64/twins.ts';
import { kernels } from '../../src/kernels/index.ts';
import { LAYER_FIELDS, HEADER_FIELDS, TENSOR_FIELDS } from '../../src/kernels/row.ts';
import { rowEntryBytes, rowTable, writeRow } from '../../src/compile/rows.ts';
import { filesUnder } from '../architecture/files.ts';
import { plainSettings } from '../cases/run-kernel.ts';

knowEverything(); // Rows name their rules.

test('every kernel has a twin, and every twin a kernel', () => {
  expect(Object.keys(twins).sort()).toEqual(kernels.map(({ name }) => name).sort());
});

/** As WGSL writes it. */
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

test('a binding is of words exactly where the kernel\'s text says so', () => {
  const structs = new Set(filesUnder('shaders', '.wgsl').flatMap(({ text }) =>
    [...text.matchAll(/struct (\w+) \{([^}]*)\}/g)].filter(([, , body]) => !/\bf32\b|\bvec\df\b/.test(body!)).map(([, name]) => name!)));
  for (const { name, source, bindings } of kernels) {
    for (const binding of bindings.slice(1)) {
      // What may be left out is declared by a library.
      const texts = [source, ...('isOptional' in binding ? filesUnder('shaders/lib', '.wgsl').map(({ text }) => text) : [])].join('\n');
      const [, element] = new RegExp(`\\b${snake(binding.name)}: array<(?:atomic<)?(\\w+)`).exec(texts)!;
      const isWords = /^(?:u32|vec\du)$/.test(element!) || structs.has(element!);
      expect(binding.type === 'u32', `${name}: ${binding.name}`).toBe(isWords);
    }
  }
});

const shape = { replicas: 2, tensors: 3, groups: 2, layers: 4 };

test('a row is read as it is written', () => {
  const bytes = rowEntryBytes(shape);
  expect(bytes).toBe(4 * (HEADER_FIELDS.length + 4 + shape.groups * TENSOR_FIELDS.length + shape.layers * LAYER_FIELDS.length));
  const table = rowTable(new ArrayBuffer(2 * bytes));
  const tensor = { ...plainSettings, values: { learningRate: 0.25, weightDecay: 0 } };
  const settings = { seed: 2 ** 40 + 7, tensors: [plainSettings, tensor, plainSettings], dropouts: [0.5, 0.25, 0], numbers: [{ keys: ['elu.alpha'] as const, values: [0.75] }], clip: 3 };
  const header = { step: 1, position: 2, count: 3, active: true, order: 4, slot: 5, group: { count: 6, starts: false, ends: true }, averageWeight: 0.5, averageStart: 7, averageEvery: 8 };
  writeRow(table, bytes, header, { settings, rule: 'sgd', groups: shape.groups }, { step: 1, steps: 2, t: 9 });
  const [first, second] = rowsOf(new Uint8Array(table.words.buffer), shape);
  expect(first!.isActive).toBe(0);
  expect(second).toMatchObject({
    step: 1, position: 2, count: 3, isActive: 1, seedLow: 7, seedHigh: 256, order: 4, slot: 5, groupCount: 6, startsGroup: 0, endsGroup: 1, t: 9,
    averageWeight: 0.5, clip: 3, averageStart: 7, averageEvery: 8,
  });
  expect(second!.tensors.map(({ stepSize, decay }) => [stepSize, decay])).toEqual([[0, 1], [0.25, 1], [0, 1]]);
  expect(second!.layers.map(({ threshold, scale, first }) => [threshold, scale, first])).toEqual([[2 ** 31, 2, 0], [2 ** 30, Math.fround(4 / 3), 0], [0, 1, 0], [0, 6, 0.75]]);
});
