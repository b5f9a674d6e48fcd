/** Rows written step after step equal rows written one at a time, whatever is computed only once. */
import { describe, expect, test } from 'vitest';
import { resolveReplicas, type Overrides, type ReplicaSettings } from '../../src/model/hyperparameters.ts';
import { dense, dropout, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { describeNetwork, rowLayers } from '../../src/model/network.ts';
import { sgd, type Optimizer } from '../../src/model/optimizers/index.ts';
import { l1, l2 } from '../../src/model/regularizers.ts';
import { RowWriter } from '../../src/compile/row-writer.ts';
import { rowEntryBytes, rowTable, tensorRow, writeRow, type Clock, type RowHeader } from '../../src/compile/rows.ts';
import { TENSOR_FIELDS } from '../../src/kernels/row.ts';
import { rowsOf } from '../../src/float64/rows.ts';
import { InputError } from '../../src/errors.ts';
import { cosine, custom, plateau } from '../../src/model/schedules/index.ts';
import { MAKERS, RULES } from './support.ts';

const network = describeNetwork(sequential([9], [dropout(0.25), dense(7), relu(), dense(7), relu(), dense(2)]));
const GROUPS = network.tensors.length, BYTES = rowEntryBytes({ tensors: GROUPS, groups: GROUPS, layers: rowLayers(network) });
const settingsFor = (optimizer: Optimizer, overrides: readonly Overrides[]): readonly ReplicaSettings[] =>
  resolveReplicas(network, optimizer, 1, overrides);
const headerAt = (step: number): RowHeader => ({ step, position: 8 * step, count: 8, active: true, order: 0, slot: step });

/** Both ways at every clock in turn, into tables that hold the row before. */
function expectEqualRows(optimizer: Optimizer, overrides: readonly Overrides[], clocks: readonly (Clock | undefined)[]): void {
  const settings = settingsFor(optimizer, overrides);
  const writer = new RowWriter(optimizer.rule, settings, GROUPS);
  const [made, wanted] = [new ArrayBuffer(BYTES * settings.length), new ArrayBuffer(BYTES * settings.length)];
  for (const [i, clock] of clocks.entries()) {
    settings.forEach((own, replica) => {
      const mine = clock === undefined ? undefined : { ...clock, reductions: () => (i > 2 ? replica : 0) };
      writer.write(rowTable(made), BYTES * replica, replica, headerAt(i), mine);
      writeRow(rowTable(wanted), BYTES * replica, headerAt(i), { settings: own, rule: optimizer.rule, groups: GROUPS }, mine);
    });
    expect([i, ...new Uint32Array(made)]).toEqual([i, ...new Uint32Array(wanted)]);
  }
}

/** Updates one after the other, an evaluation between them, a jump back to the start, and updates counted on the GPU. */
const CLOCKS: readonly (Clock | undefined)[] = [
  ...[1, 2, 3, 4].map((t) => ({ step: t - 1, steps: 10, t })), undefined,
  ...[5, 6, 1, 2].map((t) => ({ step: t - 1, steps: 10, t })),
  ...[3, 4].map((t) => ({ step: t - 1, steps: 10, t, counted: true })),
];

/** Numbers that every tensor's kernels find, by its group's place in the row: those of its own settings. */
function expectOwnNumbers(optimizer: Optimizer, overrides: readonly Overrides[], clocks: readonly Clock[], of = deep, groups = 8): void {
  const settings = resolveReplicas(of, optimizer, 1, overrides), writer = new RowWriter(optimizer.rule, settings, groups);
  const shape = { replicas: settings.length, tensors: of.tensors.length, groups, layers: rowLayers(of) };
  const bytes = rowEntryBytes(shape), table = new ArrayBuffer(bytes * settings.length);
  for (const clock of clocks) {
    settings.forEach((_, replica) => writer.write(rowTable(table), bytes * replica, replica, headerAt(clock.step), clock));
    rowsOf(new Uint8Array(table), shape).forEach(({ tensors }, replica) => tensors.forEach((row, i) => {
      const want = tensorRow(optimizer.rule, settings[replica]!.tensors[i]!, clock, i);
      for (const name of TENSOR_FIELDS) expect([replica, i, name, row[name]]).toEqual([replica, i, name, Math.fround(want[name] ?? 0)]);
    }));
  }
}

/** Nine layers: eighteen tensors, whose groups take two vectors of words. */
const deep = describeNetwork(sequential([9], Array.from({ length: 9 }, (_, i) => [dense(5), ...(i < 8 ? [relu()] : [])]).flat()));
const LATER: readonly Clock[] = [0, 1, 7].map((step) => ({ step, steps: 10, t: step + 1 }));
const APART: readonly Overrides[] = [{}, { 'layers.3.learningRate': 0.5 }, { learningRate: 0.3, 'layers.1.learningRate': cosine(0.5, { final: 0.1 }), 'layers.8.learningRate': 0.2, 'layers.4.learningRate': cosine(0.5, { final: 0.1 }) }];

describe('tensors find their own numbers', () => {
  test.each(RULES)('%s', (rule) => expectOwnNumbers(MAKERS[rule](), APART, LATER));

  test('penalties by layer', () => {
    const optimizer = sgd({ learningRate: 0.1, momentum: 0.9, regularizers: [l1(cosine(0.1)), l2(0.1)] });
    expectOwnNumbers(optimizer, [{ 'layers.0.l1': 1, 'layers.2.l2': 2, 'layers.5.l1': cosine(1), 'layers.6.l1': cosine(0.1) }, { 'layers.7.l1': 0 }], LATER);
  });

  test('in one group, numbers that were handed on differ', () => {
    const handedOn = deep.tensors.map((_, i) => 1 + (i % 3) / 8);
    expectOwnNumbers(MAKERS.ftrl(), [{}], LATER.map((clock) => ({ ...clock, l1Totals: handedOn, lastRates: handedOn })));
  });

  test('past 256 groups, whose indices take two bytes', () => {
    const many = describeNetwork(sequential([2], Array.from({ length: 140 }, () => dense(2))));
    const overrides = Object.fromEntries(Array.from({ length: 140 }, (_, i) => [`layers.${i}.learningRate`, (1 + i) / 256]));
    expectOwnNumbers(MAKERS.lars(), [overrides, {}], LATER.slice(0, 1), many, 280);
  });

  test('a row without room says so', () => {
    expect(() => expectOwnNumbers(MAKERS.sgd(), APART, LATER, deep, 5)).toThrow(InputError);
  });
});

describe('rows written in turn', () => {
  test.each(RULES)('%s: constant, scheduled and overridden hyperparameters', (rule) => {
    expectEqualRows(MAKERS[rule](), [{}, { learningRate: 0.5 }, { 'layers.1.learningRate': cosine(0.5, { final: 0.1 }) }, {}], CLOCKS);
  });

  test('penalties, dropout rates and functions that change; replicas that differ in one layer', () => {
    const optimizer = sgd({ learningRate: custom('hyperbola', (step) => 1 / (1 + step)), momentum: 0.9, regularizers: [l1(cosine(0.1)), l2(0.1)] });
    expectEqualRows(optimizer, [{}, { l2: 0.5 }, { 'layers.2.l1': 0 }, { dropout: cosine(0.5) }], CLOCKS);
  });

  test('replicas that share a plateau schedule are reduced each by itself', () => {
    expectEqualRows(sgd({ learningRate: plateau(0.5) }), [{}, {}, {}], CLOCKS);
  });

  test('numbers handed on by tensor', () => {
    const optimizer = MAKERS.ftrl();
    const tensors = network.tensors.map((_, i) => i / 8);
    expectEqualRows(optimizer, [{}, {}], CLOCKS.map((clock) => clock && { ...clock, l1Totals: tensors, lastRates: tensors }));
  });
});
