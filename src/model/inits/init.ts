/** What an init is: how a parameter begins, as plain data, and what computes it. */

type Spread = 'Normal' | 'TruncatedNormal' | 'Uniform';

/** Which number of a layer the variance goes down with: that of its inputs, or that of its outputs. */
export type FanMode = 'fanIn' | 'fanOut';

export interface ScaledInit {
  readonly type: `${'he' | 'lecun'}${Spread}`;
  readonly gain?: number;
  readonly mode?: FanMode;
}

export interface GlorotInit {
  readonly type: `glorot${Spread}`;
  readonly gain?: number;
}

export interface RandomUniform {
  readonly type: 'randomUniform';
  readonly low: number;
  readonly high: number;
}

export interface RandomNormal {
  readonly type: 'randomNormal';
  readonly mean: number;
  readonly deviation: number;
}

export interface Constant {
  readonly type: 'constant';
  readonly value: number;
}

export interface Zeros {
  readonly type: 'zeros';
}

export interface MatrixInit {
  readonly type: 'randomOrthogonal' | 'identity';
  readonly gain?: number;
}

/** How a parameter begins. */
export type Init = ScaledInit | GlorotInit | RandomUniform | RandomNormal | Constant | Zeros | MatrixInit;

export type InitName = Init['type'];

/** What is filled. */
export interface Begun {
  /** A weight's [inputs, outputs], a bias's [outputs]. */
  readonly shape: readonly number[];
  readonly length: number;
  /** Inputs and outputs of the layer, of its bias too. */
  readonly fanIn: number;
  readonly fanOut: number;
}

/**
 * All values of a parameter, row after row, in double precision: by additions, multiplications, divisions and square roots
 * alone, which are rounded alike on every host, of Philox numbers.
 */
export type Values<Own extends Init = Init> = (init: Own, tensor: Begun, seed: number, stream: number) => Float64Array<ArrayBuffer>;

export const isMatrixInit = (init: Init): init is MatrixInit => init.type === 'randomOrthogonal' || init.type === 'identity';
