import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { activations, OPTIMIZERS, referenceInit, referenceStep, ruleOf, tensorNames, type ActivationReference, type ReferenceState } from '../../src/reference/index.ts';
import {
  goldenActivations, goldenConfig, goldenFlagship, goldenNetwork, goldenOptimizers, goldenPrelus, goldenReferenceBatches, goldenSmall, goldenSmallDropout,
  type GoldenCase, type GoldenFile, type TensorSummary,
} from './golden.ts';
import { expectClose } from '../cases/compare.ts';

/** The hash that make-golden.py stores: f32, little-endian, -0 as 0. */
function sha256(values: Float64Array): string {
  const bytes = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((x, i) => bytes.setFloat32(4 * i, x + 0, true));
  return createHash('sha256').update(new Uint8Array(bytes.buffer)).digest('hex');
}

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

function expectSummary(label: string, values: Float64Array, golden: TensorSummary, indices: readonly number[], exact: boolean): void {
  expectClose(`${label} samples`, indices.map((i) => values[i]!), golden.samples, 1e-10, 1e-13);
  expectClose(`${label} sums`, [sum(values), sum(values.map((x) => x * x))], [golden.sum, golden.sumOfSquares], 1e-10, 1e-11);
  expect(values.filter((x) => x === 0).length, `${label} zeros`).toBe(golden.zeros);
  if (exact) expect(sha256(values), `${label} sha256`).toBe(golden.sha256);
}

function run(file: GoldenFile, golden: GoldenCase): { state: ReferenceState; losses: number[]; hits: number[] } {
  let state = referenceInit(goldenNetwork(file.model));
  const losses: number[] = [], hits: number[] = [];
  goldenReferenceBatches(file.model).forEach((batch, step) => {
    const result = referenceStep(state, batch, goldenConfig(file.model, golden, step));
    expect(result.nonFinite).not.toContain(true);
    losses.push(result.loss);
    hits.push(result.hitCount);
    state = result.state;
  });
  return { state, losses, hits };
}

/** `exact`: whole tensors too, by hash. Off for a million weights, where one may lie on an f32 rounding boundary. */
function expectRun(file: GoldenFile, golden: GoldenCase, exact: boolean): void {
  const { state, losses, hits } = run(file, golden);
  expect(losses.length).toBe(10);
  expectClose('losses', losses, golden.losses, 1e-10, 0);
  expect(hits).toEqual(golden.hits);
  tensorNames(goldenNetwork(file.model)).forEach((name, i) => {
    const indices = file.indices[name]!;
    expectSummary(name, state.weights[i]!, golden.weights[name]!, indices, exact);
    const { slots } = ruleOf(golden.hyperparameters);
    expect(Object.keys(state.slots[i]!)).toEqual(slots);
    expect(Object.keys(golden.state).length).toBe(slots.length);
    // The files hold the momentum buffer under m.
    Object.values(golden.state).forEach((stored, slot) =>
      expectSummary(`${slots[slot]!} of ${name}`, state.slots[i]![slots[slot]!]!, stored[name]!, indices, exact));
  });
}

describe('golden networks from PyTorch', () => {
  const files = { small: goldenSmall, 'small-dropout': goldenSmallDropout, flagship: goldenFlagship };
  it.each(Object.entries(files))('%s: initial weights are the same bits', (_, file) => {
    const network = goldenNetwork(file.model);
    const { weights } = referenceInit(network);
    tensorNames(network).forEach((name, i) => expect(sha256(weights[i]!), name).toBe(file.initial[name]));
  });

  it('last batches of an epoch are partial', () => {
    expect(goldenReferenceBatches(goldenSmall.model).map((batch) => batch.count)).toEqual([19, 19, 19, 19, 11, 19, 19, 19, 19, 11]);
  });

  it.each(goldenSmall.cases)('small: $name', (golden) => expectRun(goldenSmall, golden, true));
  it.each(goldenSmallDropout.cases)('small-dropout: $name', (golden) => expectRun(goldenSmallDropout, golden, true));
  it.each(goldenActivations.cases)('activations: $name', (golden) => expectRun(goldenActivations, golden, true));
  it.each(goldenPrelus.flatMap((file) => file.cases.map((golden) => ({ file, golden, name: `${golden.name}, slopes per ${file.model.prelu}` }))))('prelu: $name', ({ file, golden }) => {
    expectRun(file, golden, true);
  });
  it.each(goldenFlagship.cases)('flagship: $name', (golden) => expectRun(goldenFlagship, golden, false));
});

describe('golden activations from PyTorch', () => {
  it('are all', () => {
    expect(Object.keys(goldenActivations.values)).toEqual(Object.keys(activations));
    // Slopes that are learned are tensors, and have files of their own.
    expect([...goldenActivations.cases.map(({ activation }) => activation), 'prelu'].sort()).toEqual(Object.keys(activations).sort());
  });

  it.each(Object.entries(goldenActivations.values))('%s: values and slopes', (name, golden) => {
    const { points } = goldenActivations, { activate, slope, stored = 'output' }: ActivationReference = activations[name as keyof typeof activations];
    expectClose('values', points.map(activate), golden.values, 1e-10, 1e-15);
    expectClose('slopes', points.map((z) => slope(stored === 'output' ? activate(z) : z)), golden.slopes, 1e-10, 1e-15);
  });
});

describe('golden files', () => {
  const few = ['sgd', 'momentum', 'nesterov', 'adam', 'adamw'];
  it.each([
    ['trajectories', goldenOptimizers.cases, [...Object.keys(OPTIMIZERS), 'adamw']],
    ['small', goldenSmall.cases, few],
    ['small-dropout', goldenSmallDropout.cases, few],
  ])('%s hold every optimizer', (_, cases, optimizers) => {
    expect([...new Set(cases.map((golden) => golden.hyperparameters.optimizer as string))].sort()).toEqual(optimizers.sort());
  });
});
