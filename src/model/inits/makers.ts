/** What users write: each makes plain data, and brings what computes it. */

import { checkOptions, demandNothing } from '../../options.ts';
import { knowInit } from './index.ts';
import type { Constant, FanMode, GlorotInit, Init, InitName, MatrixInit, RandomNormal, RandomUniform, ScaledInit, Values, Zeros } from './init.ts';
import { matrix } from './matrix.ts';
import { plain } from './plain.ts';
import { scaled } from './scaled.ts';
import { checkSettings, INIT_SETTINGS } from './settings.ts';
import { truncated } from './truncated.ts';

export interface GainOptions {
  /** Factor of all weights, from 2^-126 to 2^120. Default 1. */
  readonly gain?: number;
}

export interface FanOptions extends GainOptions {
  /** 'fanIn' (default): the variance goes by the layer's inputs, and outputs keep their size. 'fanOut': by its outputs, and gradients do. */
  readonly mode?: FanMode;
}

/** Plain data of what was given, checked. A maker brings what its init computes: a page pays for those that it makes. */
function made<Own extends Init>(type: Own['type'], options: object, values: Values<NoInfer<Own>>): Own {
  checkOptions<object>(type, options, INIT_SETTINGS[type as InitName] as readonly never[]);
  const init = { type, ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) } as unknown as Own;
  checkSettings(init);
  knowInit(type, { values: values as unknown as Values, check: checkSettings });
  return init;
}

/**
 * Normal with mean 0 and variance gain^2 * 2 / inputs, biases by the inputs of their layer: what goes through ReLU keeps its size.
 * The default of all layers but those of selu, sigmoid and tanh. PyTorch's `kaiming_normal_`; Keras's `HeNormal` is truncated.
 *
 * Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015, equation 10; with mode 'fanOut' equation 14.
 * @throws InputError
 */
export const heNormal = (options: FanOptions = {}): ScaledInit => made('heNormal', options, scaled);

/**
 * As `heNormal`, of a normal distribution that is cut at two of its own deviations: what lies beyond is drawn again. That leaves
 * 0.8796 of the deviation, and so it is made larger by as much: the variance is gain^2 * 2 / inputs still, and no weight is beyond
 * 2.274 deviations. Keras's `HeNormal`; PyTorch's `trunc_normal_` makes nothing larger.
 * @throws InputError
 */
export const heTruncatedNormal = (options: FanOptions = {}): ScaledInit => made('heTruncatedNormal', options, truncated);

/**
 * Uniform between -b and b, b = gain * sqrt(6 / inputs): the variance of `heNormal`. PyTorch's `kaiming_uniform_`, Keras's `HeUniform`.
 * @throws InputError
 */
export const heUniform = (options: FanOptions = {}): ScaledInit => made('heUniform', options, scaled);

/**
 * Normal with mean 0 and variance gain^2 * 2 / (inputs + outputs): both outputs and gradients nearly keep their size where an
 * activation is about z near 0. PyTorch's `xavier_normal_`; Keras's `GlorotNormal` is truncated.
 *
 * Source: Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010, equation 12.
 * @throws InputError
 */
export const glorotNormal = (options: GainOptions = {}): GlorotInit => made('glorotNormal', options, scaled);

/**
 * As `glorotNormal`, cut as `heTruncatedNormal` is. Keras's `GlorotNormal`.
 * @throws InputError
 */
export const glorotTruncatedNormal = (options: GainOptions = {}): GlorotInit => made('glorotTruncatedNormal', options, truncated);

/**
 * Uniform between -b and b, b = gain * sqrt(6 / (inputs + outputs)) (Glorot, Bengio 2010, equation 16: the normalized
 * initialization). The default of layers of sigmoid and tanh. PyTorch's `xavier_uniform_`, Keras's `GlorotUniform`.
 * @throws InputError
 */
export const glorotUniform = (options: GainOptions = {}): GlorotInit => made('glorotUniform', options, scaled);

/**
 * Normal with mean 0 and variance gain^2 / inputs. The default of layers of selu, which is made for it (Klambauer et al. 2017).
 * Keras's `LecunNormal` is truncated.
 *
 * Source: LeCun, Bottou, Orr, Mueller, "Efficient BackProp", 1998, equation 16.
 * @throws InputError
 */
export const lecunNormal = (options: FanOptions = {}): ScaledInit => made('lecunNormal', options, scaled);

/**
 * As `lecunNormal`, cut as `heTruncatedNormal` is. Keras's `LecunNormal`, and Flax's default.
 * @throws InputError
 */
export const lecunTruncatedNormal = (options: FanOptions = {}): ScaledInit => made('lecunTruncatedNormal', options, truncated);

/**
 * Uniform between -b and b, b = gain * sqrt(3 / inputs). With gain 1 / sqrt(3) for weights and biases it is what PyTorch's
 * `Linear` begins with: b = 1 / sqrt(inputs).
 * @throws InputError
 */
export const lecunUniform = (options: FanOptions = {}): ScaledInit => made('lecunUniform', options, scaled);

/**
 * Uniform between two numbers, whatever the layer's size.
 * @param low a number that f32 holds
 * @param high the same, above low
 * @throws InputError
 */
export const randomUniform = (low: number, high: number): RandomUniform => made('randomUniform', { low, high }, plain);

/**
 * Normal, whatever the layer's size.
 * @param mean a number that f32 holds
 * @param deviation standard deviation, above 0
 * @throws InputError
 */
export const randomNormal = (mean: number, deviation: number): RandomNormal => made('randomNormal', { mean, deviation }, plain);

/**
 * All the same number. Weights that are all alike stay so: for biases, such as 0.1 before ReLU.
 * @param value a number that f32 holds
 * @throws InputError
 */
export const constant = (value: number): Constant => made('constant', { value }, plain);

/** All 0: how biases begin unless told otherwise. @throws InputError where it is given something */
export function zeros(): Zeros {
  demandNothing('zeros', arguments);
  return made('zeros', {}, scaled);
}

/**
 * W [inputs, outputs] with W^T W = gain^2 I, or W W^T = gain^2 I where there are fewer inputs than outputs; evenly distributed
 * over all such matrices. Q of the QR decomposition of a matrix of normals, in double precision, with R's diagonal positive, as in
 * PyTorch's `orthogonal_` and Keras's `OrthogonalInitializer`. For weights alone. It takes time: about a second for 784 x 1000,
 * and as the cube of the size.
 *
 * Source: Saxe, McClelland, Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", ICLR 2014.
 * @throws InputError
 */
export const randomOrthogonal = (options: GainOptions = {}): MatrixInit => made('randomOrthogonal', options, matrix);

/**
 * gain where a weight joins an input to the output of the same number, 0 elsewhere: with gain 1, y = x, as far as there are both.
 * For weights alone (Le, Jaitly, Hinton 2015). PyTorch's `eye_`, Keras's `Identity`.
 * @throws InputError
 */
export const identity = (options: GainOptions = {}): MatrixInit => made('identity', options, matrix);
