/** How parameters begin: what each init promises, by mathematics, and which one a layer gets. */
import { describe, expect, test } from 'vitest';
import { initialParameters } from '../../src/compile/init.ts';
import {
  constant, dense, dropout, gelu, glorotNormal, glorotTruncatedNormal, glorotUniform, heNormal, heTruncatedNormal, heUniform, identity, lecunNormal,
  lecunTruncatedNormal, lecunUniform, mlp, randomNormal, randomOrthogonal, randomUniform, relu, selu, sequential, sigmoid, tanh, zeros,
  type Init, type Layer, type Model,
} from '../../src/index.ts';
import { padTensor, unpadTensor } from '../../src/model/arena.ts';
import { initialValues, INIT_NAMES } from '../../src/model/inits/index.ts';
import { INIT_SETTINGS } from '../../src/model/inits/settings.ts';
import { describeNetwork, weightLayers } from '../../src/model/network.ts';
import { normals, truncatedNormals, uniforms, STREAM } from '../../src/random.ts';
import { referenceInit } from '../../src/reference/index.ts';
import { expectClose } from '../cases/compare.ts';
import { initCases } from '../cases/inits.ts';
import { referenceNetwork } from '../cases/network/gradients.ts';

const SEED = 2 ** 40 + 9;
const [INPUTS, OUTPUTS] = [301, 203];

/** Weights of a layer, in double precision. */
const weights = (init: Init, inputs = INPUTS, outputs = OUTPUTS): Float64Array =>
  initialValues(init, { shape: [inputs, outputs], length: inputs * outputs, fanIn: inputs, fanOut: outputs }, SEED, STREAM.weights);

const sum = (values: ArrayLike<number>): number => Array.prototype.reduce.call(values, (a, b) => (a as number) + (b as number), 0) as number;
const largest = (values: Float64Array): number => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** P(2) - P(-2) and p(2) of the standard normal distribution (Abramowitz, Stegun, table 26.1). */
const [WITHIN_2, DENSITY_2] = [0.9544997361036416, 0.05399096651318806];
/** Second and fourth moment of what is left of it between -2 and 2: the integrals of x^2 p and x^4 p, by parts. */
const CUT_VARIANCE = 1 - (4 * DENSITY_2) / WITHIN_2;
const CUT_FOURTH = 3 * CUT_VARIANCE - (2 * 2 ** 3 * DENSITY_2) / WITHIN_2;

/** Of each distribution: the fourth moment of one of variance 1, and how far its values reach. */
const SPREADS = {
  Normal: { fourth: 3, reach: 7 }, Uniform: { fourth: 9 / 5, reach: Math.sqrt(3) },
  TruncatedNormal: { fourth: CUT_FOURTH / CUT_VARIANCE ** 2, reach: 2 / Math.sqrt(CUT_VARIANCE) },
} as const;

const SCALED: readonly (readonly [Init, keyof typeof SPREADS, number])[] = [
  [heNormal(), 'Normal', 2 / INPUTS], [heTruncatedNormal(), 'TruncatedNormal', 2 / INPUTS], [heUniform(), 'Uniform', 2 / INPUTS],
  [glorotNormal(), 'Normal', 2 / (INPUTS + OUTPUTS)], [glorotTruncatedNormal(), 'TruncatedNormal', 2 / (INPUTS + OUTPUTS)], [glorotUniform(), 'Uniform', 2 / (INPUTS + OUTPUTS)],
  [lecunNormal(), 'Normal', 1 / INPUTS], [lecunTruncatedNormal(), 'TruncatedNormal', 1 / INPUTS], [lecunUniform(), 'Uniform', 1 / INPUTS],
  [heNormal({ gain: 3 }), 'Normal', 18 / INPUTS], [heTruncatedNormal({ mode: 'fanOut' }), 'TruncatedNormal', 2 / OUTPUTS], [heUniform({ gain: 0.5, mode: 'fanOut' }), 'Uniform', 0.5 / OUTPUTS],
  [glorotUniform({ gain: 5 / 3 }), 'Uniform', (25 / 9) * 2 / (INPUTS + OUTPUTS)], [lecunTruncatedNormal({ gain: 2, mode: 'fanOut' }), 'TruncatedNormal', 4 / OUTPUTS],
];

describe.each(SCALED)('%j', (init, spread, variance) => {
  const values = weights(init), n = values.length, { fourth, reach } = SPREADS[spread];

  test('mean and variance are right, within four deviations of both estimates', () => {
    expect(Math.abs(sum(values) / n)).toBeLessThan(4 * Math.sqrt(variance / n));
    // The deviation of a mean square is that of the square, sqrt(fourth - 1) * variance, over sqrt(n).
    expect(Math.abs(sum(values.map((x) => x * x)) / n - variance)).toBeLessThan(4 * variance * Math.sqrt((fourth - 1) / n));
  });

  test('no weight is beyond the bound, and some are near', () => {
    const bound = reach * Math.sqrt(variance);
    expect(largest(values)).toBeLessThanOrEqual(bound);
    if (spread !== 'Normal') expect(largest(values)).toBeGreaterThan(0.999 * bound);
  });

  test('the distribution is the one named', () => {
    const within = values.filter((x) => Math.abs(x) < Math.sqrt(variance)).length / n;
    // P(1) - P(-1) is 0.682689; of the cut one, a deviation is sqrt(CUT_VARIANCE) of the whole's: P(.8796) - P(-.8796) = 0.620934.
    const wanted = { Normal: 0.682689, Uniform: 1 / Math.sqrt(3), TruncatedNormal: 0.620934 / WITHIN_2 }[spread];
    expect(Math.abs(within - wanted)).toBeLessThan(4 * Math.sqrt((wanted * (1 - wanted)) / n));
  });
});

test('the deviation of what is left between -2 and 2 is the constant that Keras divides by', () => {
  expect(Math.sqrt(CUT_VARIANCE)).toBeCloseTo(0.87962566103423978, 14);
});

describe('inits that do not go by the size', () => {
  test('uniform, normal and constant', () => {
    const uniform = weights(randomUniform(-0.5, 2)), normal = weights(randomNormal(3, 0.1)), n = uniform.length;
    expect(uniform.every((x) => x >= -0.5 && x <= 2)).toBe(true);
    expect(Math.abs(sum(uniform) / n - 0.75)).toBeLessThan(4 * 2.5 / Math.sqrt(12 * n));
    expect(Math.abs(sum(normal) / n - 3)).toBeLessThan(4 * 0.1 / Math.sqrt(n));
    expect(new Set([...weights(constant(0.25)), ...weights(zeros())])).toEqual(new Set([0.25, 0]));
  });

  test.each([[3, 3], [5, 3], [3, 5], [1, 4], [4, 1]])('identity [%d, %d]: outputs are the inputs of the same number', (inputs, outputs) => {
    const values = weights(identity({ gain: 2 }), inputs, outputs);
    values.forEach((x, i) => expect(x).toBe(Math.floor(i / outputs) === i % outputs ? 2 : 0));
  });
});

describe.each([[1, 1], [1, 5], [5, 1], [4, 4], [7, 5], [5, 7], [8, 3], [64, 48], [48, 64], [33, 33]])('orthogonal [%d, %d]', (inputs, outputs) => {
  const gain = 1.5, values = weights(randomOrthogonal({ gain }), inputs, outputs);
  const at = (matrix: ArrayLike<number>, row: number, column: number): number => matrix[row * outputs + column]!;
  const few = Math.min(inputs, outputs), many = Math.max(inputs, outputs), isTall = inputs >= outputs;
  /** Entry i of vector v: of a column, or of a row where these are fewer. */
  const entry = (matrix: ArrayLike<number>, v: number, i: number): number => (isTall ? at(matrix, i, v) : at(matrix, v, i));
  const product = (a: ArrayLike<number>, b: ArrayLike<number>, v: number, w: number): number => sum(Array.from({ length: many }, (_, i) => entry(a, v, i) * entry(b, w, i)));

  test.each([['double precision', values, 1e-13], ['f32', Float32Array.from(values), 1e-6]] as const)('in %s, products of its vectors are gain^2 or 0', (_, own, bound) => {
    for (let v = 0; v < few; v++) for (let w = 0; w < few; w++) expect(Math.abs(product(own, own, v, w) - (v === w ? gain * gain : 0))).toBeLessThan(bound);
  });

  test('it is Q of the normals: R is upper triangular, and its diagonal positive', () => {
    const drawn = normals(inputs * outputs, SEED, STREAM.weights);
    for (let v = 0; v < few; v++) {
      expect(product(values, drawn, v, v)).toBeGreaterThan(0);
      for (let w = 0; w < v; w++) expect(Math.abs(product(values, drawn, v, w))).toBeLessThan(1e-12);
    }
  });
});

test.each(initCases.map((one) => [one.name, one] as const))('%s, as PyTorch has it, in f32 bit for bit', async (_, one) => {
  await one.run(undefined as never, () => {});
});

describe('draws', () => {
  test('normals are those of Math.log, Math.cos and Math.sin, but for their last bits', () => {
    const n = 200_000, drawn = normals(n, SEED, 5), units = uniforms(n, SEED, 5);
    const wanted = Float64Array.from({ length: n }, (_, i) => {
      const radius = Math.sqrt(-2 * Math.log(units[i - (i % 2)]!)), angle = 2 * Math.PI * units[i - (i % 2) + 1]!;
      return radius * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
    });
    // An ulp of each function and some roundings; near its zeros, of the angle.
    expectClose('normals', drawn, wanted, 2 ** -50, 0);
    expect(normals(7, SEED, 5)).toEqual(drawn.slice(0, 7));
  });

  test('truncated normals keep those within, and draw the others again', () => {
    const whole = normals(100_001, SEED, 5), cut = truncatedNormals(100_001, SEED, 5, 2);
    expect(cut.every((x) => Math.abs(x) <= 2)).toBe(true);
    expect(whole.findIndex((x, i) => (cut[i] === x) !== (Math.abs(x) <= 2))).toBe(-1);
  });
});

/** What each weight of a model begins as. */
const initsOf = (model: Model): Init[] => weightLayers(describeNetwork(model)).map(({ weight }) => weight.init);
const named = (...types: readonly string[]): unknown => types.map((type) => ({ type }));

describe('where nobody says', () => {
  test.each<readonly [string, readonly Layer[], readonly string[]]>([
    ['ReLU and its kin, the logits too', [dense(4), relu(), dense(4), gelu(), dense(2)], ['heNormal', 'heNormal', 'heNormal']],
    ['the logits alone', [dense(2)], ['heNormal']],
    ['no activation at all', [dense(4), dense(2)], ['heNormal', 'heNormal']],
    ['selu', [dense(4), selu(), dense(2)], ['lecunNormal', 'lecunNormal']],
    ['sigmoid and tanh', [dense(4), sigmoid(), dense(4), tanh(), dense(2)], ['glorotUniform', 'glorotUniform', 'glorotUniform']],
    ['each its own; what has none as the one before', [dense(4), tanh(), dense(4), dense(4), relu(), dense(4), dropout(0.5), selu(), dropout(0.5), dense(2)], ['glorotUniform', 'glorotUniform', 'heNormal', 'lecunNormal', 'lecunNormal']],
    ['an activation as an option', [dense(4, { activation: tanh() }), dense(2)], ['glorotUniform', 'glorotUniform']],
    ['one that says so itself changes no other', [dense(4, { init: randomOrthogonal() }), tanh(), dense(2)], ['randomOrthogonal', 'glorotUniform']],
  ])('%s', (_, layers, wanted) => expect(initsOf(sequential([3], layers))).toEqual(named(...wanted)));

  test('through a join, to the activation behind it', () => {
    const layers: Layer[] = [dense(4), dense(4), { type: 'add' }, tanh(), dense(2)];
    expect(initsOf({ inputShape: [3], layers, inputs: [[-1], [-1], [0, 1], [2], [3]] })).toEqual(named('glorotUniform', 'glorotUniform', 'glorotUniform'));
  });

  test('mlp gives its own to every layer', () => {
    expect(initsOf(mlp([3], [4, 2], { activation: 'tanh' }))).toEqual(named('glorotUniform', 'glorotUniform'));
    expect(initsOf(mlp([3], [4, 2], { init: heUniform({ gain: 2 }) }))).toEqual([{ type: 'heUniform', gain: 2 }, { type: 'heUniform', gain: 2 }]);
  });
});

describe('in an arena', () => {
  const CASES: readonly Init[] = [...SCALED.map(([init]) => init), randomUniform(1, 2), randomNormal(3, 0.1), constant(4), zeros()];
  const MATRICES = [randomOrthogonal({ gain: 2 }), identity()];

  test.each([...CASES.map((init) => [init, init] as const), ...MATRICES.map((init) => [init, constant(0.5)] as const)])('%j and biases of %j are the reference\'s, and pads are zero', (init, biasInit) => {
    const network = describeNetwork(sequential([5], [dense(7, { init, biasInit }), relu(), dense(3, { init, biasInit })]));
    const arena = initialParameters(network, SEED), { weights: wanted } = referenceInit(referenceNetwork(network, SEED));
    // Gram-Schmidt and Householder agree to 1e-12: now and then a number is rounded to f32 the other way.
    network.tensors.forEach((tensor, i) => expectClose(tensor.name, unpadTensor(tensor, arena), wanted[i]!, 2 ** -23, 1e-12));
    for (const tensor of network.tensors) padTensor(tensor, new Float32Array(tensor.length), arena);
    expect(arena.every((pad) => pad === 0)).toBe(true);
  });
});

test('makers make plain data of what they were given', () => {
  expect(heUniform({ gain: 2, mode: 'fanOut' })).toEqual({ type: 'heUniform', gain: 2, mode: 'fanOut' });
  expect(JSON.parse(JSON.stringify(dense(3, { init: glorotNormal({ gain: undefined as never }), biasInit: constant(0.1) })))).toEqual({
    type: 'dense', units: 3, init: { type: 'glorotNormal' }, biasInit: { type: 'constant', value: 0.1 },
  });
  expect(INIT_NAMES.toSorted()).toEqual(Object.keys(INIT_SETTINGS).toSorted());
});
