/** Mistakes in the libraries of the activations, in the kernel that goes over values once. */
import type { Mutation } from './mutations.ts';

type Entry = readonly [what: string, from: string, to: string, inCase: string];

const of = (activation: string, entries: readonly Entry[]): Mutation[] => entries.map(([what, from, to, inCase]) => ({
  kernel: 'map', what: `${activation}: ${what}`, from, to, case: inCase.replace('*', activation),
}));

const VALUES = '* of width 33, a sum, pads stay zero', SMALL = '* of small numbers keeps their digits', HUGE = '* of huge numbers is finite, NaN passes';
const SLOPES = 'slope of *', FAR = 'slopes of *, far out and at kinks';

/** An activation's own number is read from its entry, of its replica. */
const numbers: readonly Entry[] = [
  ['every replica has the first number', 'rows[replica].layers[ACTIVATION_LAYER]', 'rows[0].layers[ACTIVATION_LAYER]', '* and dropout, three replicas, one inactive'],
  ['the slope of every replica has the first number', 'rows[replica].layers[ACTIVATION_LAYER]', 'rows[0].layers[ACTIVATION_LAYER]', 'slope of * behind dropout, penalties, three replicas, one inactive'],
  ['the number is another entry\'s', 'layers[ACTIVATION_LAYER].first', 'layers[ACTIVATION_LAYER - 1u].first', VALUES],
  ['the number is another field', 'layers[ACTIVATION_LAYER].first', 'layers[ACTIVATION_LAYER].second', VALUES],
];

export const activationMutations: readonly Mutation[] = [
  ...of('leakyRelu', [
    ['nothing leaks', 'select(leak(replica) * z, z, z > vec4f())', 'select(0.0 * z, z, z > vec4f())', VALUES],
    ['its slope does not', 'select(leak(replica) * gradient, gradient', 'select(vec4f(), gradient', SLOPES],
    ['its number is a constant', 'rows[replica].layers[ACTIVATION_LAYER].first', '0.01', VALUES],
    ...numbers,
  ]),
  ...of('elu', [
    ['the series is left out', 'terms, z > vec4f(-0.35)', 'terms, z > vec4f(0.0)', SMALL],
    ['the series has two terms less', '(1.0 + z / 5.0 * (1.0 + z / 6.0 * (1.0 + z / 7.0)))', '(1.0 + z / 5.0)', SMALL],
    ['the series goes too far', 'z > vec4f(-0.35)', 'z > vec4f(-2.0)', VALUES],
    ['its slope is that of its input', 'gradient * (stored + alpha(replica))', 'gradient * exp(stored)', SLOPES],
    ['alpha is left out', 'alpha(replica) * expm1(z)', 'expm1(z)', VALUES],
    ['alpha is left out of its slope', 'stored + alpha(replica)', 'stored + 1.0', SLOPES],
    ...numbers,
  ]),
  ...of('selu', [
    ['both sides have one scale', 'SELU_SCALE_ALPHA * expm1(z)', 'SELU_SCALE * expm1(z)', VALUES],
    ['the scale is lost', 'SELU_SCALE * z, z >', 'z, z >', VALUES],
    ['the slope above 0 is 1', 'vec4f(SELU_SCALE), stored', 'vec4f(1.0), stored', SLOPES],
    ['the slope below 0 is off', 'stored + SELU_SCALE_ALPHA', 'stored + SELU_SCALE', SLOPES],
  ]),
  ...of('tanh', [
    ['the series is left out', 'abs(z) < vec4f(0.3)', 'abs(z) < vec4f(0.0)', SMALL],
    ['the series has two terms less', ' + s * (-17.0 / 315.0 + s * (62.0 / 2835.0))', '', SMALL],
    ['the exponential overflows', 'exp(-2.0 * abs(z))', 'exp(2.0 * abs(z))', HUGE],
    ['the sign is lost', 'sign(z) * ((1.0', '((1.0', VALUES],
    ['its slope is that of a sigmoid', '(1.0 - stored) * (1.0 + stored)', 'stored * (1.0 - stored)', SLOPES],
  ]),
  ...of('softplus', [
    ['large numbers are lost', 'max(z, vec4f()) + ', '', VALUES],
    ['the logarithm is that of 1 + e', 'log1p(exp(-abs(z)))', 'log(1.0 + exp(-abs(z)))', '* far below 0 keeps its digits'],
    ['the series has three terms less', 't * (1.0 / 7.0 + t * (1.0 / 9.0 + t * (1.0 / 11.0 + t / 13.0)))', 't / 7.0', SMALL],
    ['its slope is a step', 'gradient * logistic(stored)', 'select(vec4f(), gradient, stored > vec4f())', SLOPES],
  ]),
  ...of('silu', [
    ['the sigmoid overflows', 'exp(-abs(z))', 'exp(-z)', FAR],
    ['the second term of its slope is lost', 's + clamp(scaled, vec4f(-1e30), vec4f(1e30)) * s * logistic(-scaled)', 's', SLOPES],
    ['a product that overflows is taken', 'clamp(scaled, vec4f(-1e30), vec4f(1e30))', 'scaled', FAR],
    ['beta is left out', 'logistic(beta(replica) * z)', 'logistic(z)', VALUES],
    ['beta is left out of its slope', 'let scaled = beta(replica) * stored;', 'let scaled = stored;', SLOPES],
    ...numbers,
    ['the sigmoid is upside down', 'select(e * part, part, z > vec4f())', 'select(part, e * part, z > vec4f())', VALUES],
  ]),
  ...of('gelu', [
    ['a coefficient is off', '0.37409196', '0.37408196', SMALL],
    ['the density is not scaled', '0.3989422804014327 * exp', 'exp', SLOPES],
    ['both tails are one', 'select(tail, 1.0 - tail, z > vec4f())', 'tail', VALUES],
    ['the density\'s term is lost', '(normal_distribution(stored) + stored * normal_density(stored))', 'normal_distribution(stored)', SLOPES],
  ]),
  ...of('geluTanh', [
    ['the cube is lost', '2.0 * ROOT_2_PI * z * (1.0 + 0.044715 * z * z)', '2.0 * ROOT_2_PI * z', VALUES],
    ['the cube\'s derivative is not thrice it', '3.0 * 0.044715', '0.044715', SLOPES],
    ['cubes overflow', 'return clamp(z, vec4f(-12.0), vec4f(12.0));', 'return z;', FAR],
  ]),
  ...of('hardSwish', [
    ['it is not cut above', 'clamp(z + 3.0, vec4f(), vec4f(6.0))', 'max(z + 3.0, vec4f())', VALUES],
    ['it is not cut below', 'clamp(z + 3.0, vec4f(), vec4f(6.0))', 'min(z + 3.0, vec4f(6.0))', VALUES],
    ['the slope at 3 is that below', 'stored >= vec4f(3.0)', 'stored > vec4f(3.0)', FAR],
    ['the slope at -3 is that below', 'stored < vec4f(-3.0)', 'stored <= vec4f(-3.0)', FAR],
  ]),
];
