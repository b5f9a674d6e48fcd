/** Which tensors share the numbers of a row, and how long that makes it. */
import { describe, expect, test } from 'vitest';
import { knowEverything } from '../../src/compile/all.ts';
import { checkGroups, groupingFrom, groupingOf, groupsFor, roomFor, settingsKeys, toldApart } from '../../src/compile/groups.ts';
import { rowBytes } from '../../src/compile/buffers.ts';
import { rowEntryBytes } from '../../src/compile/rows.ts';
import { InputError } from '../../src/errors.ts';
import { resolveReplicas, type Overrides, type ReplicaSettings } from '../../src/model/hyperparameters.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { softmaxCrossEntropy } from '../../src/index.ts';
import { sequential, type Model } from '../../src/model/model.ts';
import { describeNetwork } from '../../src/model/network.ts';
import { sgd, type Optimizer } from '../../src/model/optimizers/index.ts';
import { groupLasso, l1 } from '../../src/model/regularizers.ts';
import { cosine, custom, plateau } from '../../src/model/schedules/index.ts';
import { checkFits } from '../../src/train/limits.ts';
import { prepare } from '../../src/train/prepare.ts';

knowEverything();

/** Dense layers one after the other, the first of other widths than the others. */
const deep = (layers: number): Model => sequential([6], Array.from({ length: layers }, (_, i) => [dense(i === 0 ? 8 : 4), ...(i < layers - 1 ? [relu()] : [])]).flat());
const settingsFor = (overrides: Overrides, optimizer: Optimizer = sgd({ learningRate: 0.1, regularizers: [l1(0.01)] }), layers = 5): ReplicaSettings =>
  resolveReplicas(describeNetwork(deep(layers)), optimizer, 1, [overrides])[0]!;
const groupsOf = (...of: Parameters<typeof settingsFor>): readonly number[] => groupingOf(settingsFor(...of)).of;

/** Bytes of a row that holds 112 for every tensor, and how many of them a binding of 64 KiB holds: what there was before. */
const UNIFORM = 65536;
const perTensor = (tensors: number, layers = 1): number => 64 + 112 * tensors + 16 * layers;

describe('tensors share a group', () => {
  test('where all their numbers are equal: weights, and biases, whatever their sizes', () => {
    expect(groupsOf({})).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    // The root of a layer's inputs is not among the numbers.
    expect(groupsOf({}, sgd({ learningRate: 0.1, regularizers: [groupLasso(0.1)] }))).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
  });

  test('a layer that differs has its own, a penalty on weights leaves its bias with the others', () => {
    expect(groupsOf({ 'layers.3.learningRate': 0.5 })).toEqual([0, 1, 0, 1, 0, 1, 2, 3, 0, 1]);
    expect(groupsOf({ 'layers.3.l1': 0.5, 'layers.1.l1': 0.5 })).toEqual([0, 1, 2, 1, 0, 1, 2, 1, 0, 1]);
    expect(groupsOf({ 'layers.3.l1': 0.01 })).toEqual(groupsOf({}));
  });

  test('equal schedules are one, functions only where they are the same; kinds and figures tell schedules apart', () => {
    const own = (first: unknown, second: unknown): readonly number[] => groupsOf({ 'layers.1.l1': first, 'layers.2.l1': second } as Overrides).slice(2, 6);
    const falling = (step: number): number => 1 / (1 + step);
    expect(own(cosine(0.5), cosine(0.5))).toEqual([2, 1, 2, 1]);
    expect(own(plateau(0.5), plateau(0.5))).toEqual([2, 1, 2, 1]);
    expect(own(custom('f', falling), custom('f', falling))).toEqual([2, 1, 2, 1]);
    const others = [[cosine(0.5), cosine(0.25)], [cosine(0.5), plateau(0.5)], [cosine(0.5), 0.5], [custom('f', falling), custom('f', () => 0.5)]];
    for (const [a, b] of others) expect(own(a, b)).toEqual([2, 1, 3, 1]);
  });

  test('until they were handed on other numbers', () => {
    const settings = settingsFor({}), on = [0, 1, 0, 1, 0, 1, 2, 1, 0, 1];
    expect(groupingOf(settings, { l1Totals: on }).of).toEqual(on);
    expect(groupingOf(settings, { lastRates: [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.1, 0.1, 0.1] }).of).toEqual(on);
    expect(groupingOf(settings, { l1Totals: on.map(() => 0.5), lastRates: on.map(() => 0.1) }).of).toEqual(groupsOf({}));
  });

  test('replicas that share a plateau are reduced apart', () => {
    const keyOf = settingsKeys(), [tensor] = settingsFor({ l1: plateau(0.5) }).tensors, [plain] = settingsFor({ l1: cosine(0.5) }).tensors;
    expect(keyOf(tensor!, 0)).not.toBe(keyOf(tensor!, 1));
    expect(keyOf(plain!, 0)).toBe(keyOf(plain!, 1));
  });

  test('groups count in the order of their first tensors', () => {
    expect(groupingFrom(['b', 'a', 'b', 'c', 'a'])).toEqual({ of: [0, 1, 0, 2, 1], first: [0, 1, 3] });
  });
});

describe('rows have room', () => {
  test('for every tensor of a small network, and for 4 groups more than a large one needs, 8 at least', () => {
    for (let tensors = 1; tensors <= 8; tensors++) for (let needed = 1; needed <= tensors; needed++) expect(roomFor(tensors, needed)).toBe(tensors);
    expect([roomFor(10, 1), roomFor(10, 4), roomFor(10, 5), roomFor(10, 6), roomFor(10, 10), roomFor(80, 30)]).toEqual([8, 8, 9, 10, 10, 34]);
    const at = (...overrides: Overrides[]): number => groupsFor(overrides.map((own) => settingsFor(own, undefined, 8)));
    // Each replica has groups of its own.
    expect(at({}, { 'layers.0.l1': 1 }, { 'layers.1.l1': 1 }, { l1: 2 })).toBe(8);
    const own = (layers: number): Overrides => Object.fromEntries(Array.from({ length: layers }, (_, i) => [`layers.${i}.l1`, i + 1]));
    expect([at({}, own(4)), at({}, own(7)), at(own(8), {})]).toEqual([10, 13, 13]);
  });

  test('and no network has fewer replicas than with 112 bytes for each tensor', () => {
    for (let tensors = 1; tensors <= 600; tensors++) {
      for (let needed = 1; needed <= tensors; needed += 1 + Math.floor(needed / 7)) {
        expect(rowEntryBytes({ tensors, groups: roomFor(tensors, needed), layers: 1 })).toBeLessThanOrEqual(perTensor(tensors));
      }
    }
  });

  test('80 tensors in 4 groups have as many replicas as 8 tensors had', () => {
    const before = Math.floor(UNIFORM / perTensor(8));
    expect(Math.floor(UNIFORM / perTensor(80))).toBe(7);
    const at = (replicas: number) => prepare({
      model: deep(40), loss: softmaxCrossEntropy(), batchSize: 4, maxStepsPerSubmit: 1, optimizer: sgd({ learningRate: 0.1, regularizers: [l1(0.01)] }),
      replicas: Array.from({ length: replicas }, (_, seed) => ({ seed, 'layers.0.learningRate': 0.01 })),
    }, 'software').build;
    const build = at(before), { network: { tensors }, groups } = build;
    expect([tensors.length, groupsFor([{ tensors: settingsFor({ 'layers.0.learningRate': 0.01 }, undefined, 40).tensors }])]).toEqual([80, groups]);
    expect(groupingOf(settingsFor({ 'layers.0.learningRate': 0.01 }, undefined, 40)).first.length).toBe(4);
    expect(rowBytes(build)).toBeLessThanOrEqual(UNIFORM);
    const limits = { maxUniformBufferBindingSize: UNIFORM, maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28, maxComputeWorkgroupsPerDimension: 65535 };
    checkFits(build, limits as GPUSupportedLimits);
  });

  test('past it the error says what to do', () => {
    const settings = [settingsFor({}), settingsFor({ 'layers.1.l1': 1, 'layers.2.l1': 2 })];
    checkGroups('set', 4, settings);
    const refused = (): void => checkGroups('set', 3, settings);
    expect(refused).toThrow(InputError);
    expect(refused).toThrow(/^set: parameters would then have 4 different sets of hyperparameters, .* room for 3\. Give what differs at creation, in replicas/);
    expect(() => checkGroups('set', 3, [settings[0]!], [{ l1Totals: [0, 0, 1, 0, 2, 0, 0, 0, 0, 0] }])).toThrow(InputError);
  });
});

test('a self-test tells as many apart as there is room for', () => {
  const grouping = groupingFrom(['w', 'b', 'w', 'b', 'w', 'b']);
  expect(toldApart(grouping, 2)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(toldApart(grouping, 3)).toEqual([1, 0, 0, 0, 0, 0]);
  expect(toldApart(grouping, 4)).toEqual([1, 2, 0, 0, 0, 0]);
  // The last of a group is alone by then.
  expect(toldApart(grouping, 6)).toEqual([1, 2, 3, 4, 0, 0]);
  expect(toldApart(groupingFrom(['a', 'b', 'a']), 9)).toEqual([1, 0, 0]);
});
