/** A function keeps to its hyperparameter's bounds at every step that a row is written for, not only at the sampled ones. */
import { describe, expect, test } from 'vitest';
import { rowEntryBytes, rowTable, writeRow } from '../../src/compile/rows.ts';
import { RowWriter } from '../../src/compile/row-writer.ts';
import { InputError } from '../../src/errors.ts';
import { clipByNorm } from '../../src/model/clip.ts';
import { resolveReplicas, type Overrides } from '../../src/model/hyperparameters.ts';
import { dense, dropout, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { describeNetwork, rowLayers } from '../../src/model/network.ts';
import { adam, ftrl, lamb, sgd, type Optimizer } from '../../src/model/optimizers/index.ts';
import { l1, maxNorm } from '../../src/model/regularizers.ts';
import { custom, warmUp, type FunctionSchedule } from '../../src/model/schedules/index.ts';

const network = describeNetwork(sequential([9], [dropout(0.25), dense(7), relu(), dense(2)]));
const GROUPS = network.tensors.length, BYTES = rowEntryBytes({ tensors: GROUPS, groups: GROUPS, layers: rowLayers(network) });

/** `usual` but for one step that is no sample of 1000. */
const STEP = 1300;
const once = (value: unknown, usual = 0.25): FunctionSchedule => custom('mine', (step) => (step === STEP ? value as number : usual));

/** Writes a step's row both ways. */
function write(optimizer: Optimizer, overrides: Overrides, step: number): void {
  const [own] = resolveReplicas(network, optimizer, 1, [overrides]);
  const header = { step, position: 0, count: 8, active: true, order: 0, slot: 0 }, clock = { step, steps: 2000, t: step + 1 };
  writeRow(rowTable(new ArrayBuffer(BYTES)), 0, header, { settings: own!, rule: optimizer.rule, groups: GROUPS }, clock);
  new RowWriter(optimizer.rule, [own!], GROUPS).write(rowTable(new ArrayBuffer(BYTES)), 0, 0, header, clock);
}

const plain = sgd({ learningRate: 0.1 });
const message = (value: string, wanted: string): string => `The schedule function "mine" gave ${value} at step 1300 of 2000: ${wanted}`;

const OUT: [string, string, Optimizer, Overrides][] = [
  ['-0.1', 'learningRate must be 0 or more and finite at every step of any training, in f32 too.', sgd({ learningRate: once(-0.1) }), {}],
  ['1e+39', 'learningRate must be 0 or more and finite at every step of any training, in f32 too.', sgd({ learningRate: once(1e39) }), {}],
  ['NaN', 'learningRate must be 0 or more', plain, { learningRate: once(NaN) }],
  ['"0.1"', 'learningRate must be 0 or more', plain, { learningRate: once('0.1') }],
  ['-1e-9', 'learningRate must be 0 or more', plain, { 'layers.1.learningRate': once(-1e-9) }],
  ['0', 'learningRate must be above 0', ftrl({ learningRate: once(0) }), {}],
  ['1e-50', 'learningRate must be above 0', ftrl({ learningRate: once(1e-50) }), {}],
  ['-1', 'weightDecay must be 0 or more', sgd({ learningRate: 0.1, weightDecay: once(-1) }), {}],
  ['1', 'momentum must lie in [0, 1) at every step of any training, in f32 too.', sgd({ learningRate: 0.1, momentum: once(1) }), {}],
  ['0.99999999999', 'momentum must lie in [0, 1) at every step of any training, in f32 too.', sgd({ learningRate: 0.1, momentum: once(0.99999999999) }), {}],
  ['1', 'beta2 must lie in [0, 1) at every step of any training, in f32 too.', adam(), { beta2: once(1) }],
  ['1e-39', 'epsilon must be 2^-126 or more', adam(), { epsilon: once(1e-39) }],
  ['-0.001', 'l1: the strength must be 0 or more', sgd({ learningRate: 0.1, regularizers: [l1(once(-1e-3))] }), {}],
  ['-1', 'maxNorm: the strength must be 0 or more', sgd({ learningRate: 0.1, regularizers: [maxNorm(once(-1))] }), {}],
  ['1', 'dropout must lie in [0, 1)', plain, { dropout: once(1) }],
  ['0', 'clip must be above 0', sgd({ learningRate: 0.1, clip: clipByNorm(once(0)) }), {}],
];

describe('a value out of bounds is refused at its step, with function, step, value and bounds', () => {
  test.each(OUT)('%s: %s', (value, wanted, optimizer, overrides) => {
    write(optimizer, overrides, STEP - 1);
    expect(() => write(optimizer, overrides, STEP)).toThrow(InputError);
    expect(() => write(optimizer, overrides, STEP)).toThrow(message(value, wanted));
  });

  test('behind a warm-up, at the step that the function was asked for', () => {
    const optimizer = sgd({ learningRate: warmUp(once(-1), { steps: 10 }) });
    expect(() => write(optimizer, {}, STEP + 10)).toThrow(/"mine" gave -1 at step 1300 of 1990: learningRate must/);
  });

  test('learning rate times weight decay from 1 on, but where the decay is inside a trust ratio', () => {
    expect(() => write(sgd({ learningRate: once(20), weightDecay: 0.05 }), {}, STEP)).toThrow(/Step 1300: learning rate times weight decay is 1; from 1 on/);
    expect(() => write(lamb({ learningRate: once(20), weightDecay: 0.05 }), {}, STEP)).not.toThrow();
  });
});

test('what falls to nothing may: f32 has it as 0, as it has the end of an exponential', () => {
  const falls = custom('falls', (step) => 0.25 * 0.5 ** step);
  for (const step of [40, 200, 1100]) {
    expect(() => write(sgd({ learningRate: falls, momentum: falls, regularizers: [l1(falls)] }), { dropout: falls }, step)).not.toThrow();
  }
});

const lin = custom('lin', (step) => 0.1 - 2e-4 * step);

// Samples are 62.5 steps apart: the first one past 500, where it is 0, is 562.
test.each<[string, string, () => unknown]>([
  [`${0.1 - 2e-4 * 562} at step 562`, 'sgd: learningRate must be 0 or more', () => sgd({ learningRate: lin })],
  [`${0.1 - 2e-4 * 562} at step 562`, 'l1: the strength must be 0 or more', () => l1(lin)],
  ['0 at step 500', 'clip: the threshold must be above 0', () => clipByNorm(lin)],
  [`${0.1 - 2e-4 * 562} at step 562`, 'Override learningRate must be 0 or more', () => resolveReplicas(network, plain, 1, [{ learningRate: warmUp(lin, { steps: 5 }) }])],
])('at creation the sampled step and its value are named: %s, %s', (what, wanted, make) => {
  expect(make).toThrow(InputError);
  expect(make).toThrow(`The schedule function "lin" gave ${what} of 1000: ${wanted}`);
});
