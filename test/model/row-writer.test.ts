/** Rows written step after step equal rows written one at a time, whatever is computed only once. */
import { describe, expect, test } from 'vitest';
import { resolveReplicas, type Overrides, type ReplicaSettings } from '../../src/model/hyperparameters.ts';
import { dense, dropout, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { describeNetwork, rowLayers } from '../../src/model/network.ts';
import { sgd, type Optimizer } from '../../src/model/optimizers/index.ts';
import { l1, l2 } from '../../src/model/regularizers.ts';
import { RowWriter } from '../../src/compile/row-writer.ts';
import { rowEntryBytes, rowTable, writeRow, type Clock, type RowHeader } from '../../src/compile/rows.ts';
import { cosine, custom, plateau } from '../../src/model/schedules/index.ts';
import { MAKERS, RULES } from './support.ts';

const network = describeNetwork(sequential([9], [dropout(0.25), dense(7), relu(), dense(7), relu(), dense(2)]));
const BYTES = rowEntryBytes(network.tensors.length, rowLayers(network));
const settingsFor = (optimizer: Optimizer, overrides: readonly Overrides[]): readonly ReplicaSettings[] =>
  resolveReplicas(network, optimizer, 1, overrides);
const headerAt = (step: number): RowHeader => ({ step, position: 8 * step, count: 8, active: true, order: 0, slot: step });

/** Both ways at every clock in turn, into tables that hold the row before. */
function expectEqualRows(optimizer: Optimizer, overrides: readonly Overrides[], clocks: readonly (Clock | undefined)[]): void {
  const settings = settingsFor(optimizer, overrides);
  const writer = new RowWriter(optimizer.rule, settings);
  const [made, wanted] = [new ArrayBuffer(BYTES * settings.length), new ArrayBuffer(BYTES * settings.length)];
  for (const [i, clock] of clocks.entries()) {
    settings.forEach((own, replica) => {
      const mine = clock === undefined ? undefined : { ...clock, reductions: () => (i > 2 ? replica : 0) };
      writer.write(rowTable(made), BYTES * replica, replica, headerAt(i), mine);
      writeRow(rowTable(wanted), BYTES * replica, headerAt(i), own, optimizer.rule, mine);
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
