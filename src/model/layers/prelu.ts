import { InputError } from '../../errors.ts';
import { prelu as preluKernel } from '../../kernels/activations/prelu.ts';
import { know } from '../../kernels/activations/index.ts';
import { checkOptions, demand, demandOneOf, F32, isF32 } from '../../options.ts';
import type { SlopeParameters } from '../../ops/emit.ts';
import { checkInit } from '../inits/index.ts';
import { isMatrixInit, type Init } from '../inits/init.ts';
import { constant } from '../inits/makers.ts';
import { sizeOf, type LayerType } from './layer.ts';

export interface Prelu {
  readonly type: 'prelu';
  /** How many slopes there are: one for all, or one for each unit. Default 'layer'. */
  readonly per?: 'layer' | 'unit';
  /** How the slopes begin. Default constant(0.25). */
  readonly init?: Init;
}

/** He et al. 2015 */
const USUAL: Init = { type: 'constant', value: 0.25 };

/** @throws InputError */
export function checkPrelu(settings: Prelu): void {
  const { per, init } = checkOptions('prelu', settings, ['type', 'per', 'init']);
  if (per !== undefined) demandOneOf('prelu: per', per, ['layer', 'unit']);
  if (init === undefined) return;
  checkInit('prelu: init', init);
  if (isMatrixInit(init)) throw new InputError(`prelu: init: ${init.type} makes a matrix, and slopes are none. Take a number, or another such as randomUniform(0, 0.5).`);
}

/**
 * z where z > 0, else a z, element by element, shape unchanged, f32; NaN passes through. The slope a is a parameter, learned with
 * the weights: da is the sum of dy min(z, 0) over the batch, and over the units where one slope is for all; at z = 0 the derivative
 * is a. Saved as `layers.N.slope` [1] or [units], where N counts it among the layers with parameters. It takes the optimizer's
 * learning rate and clip, `layers.N.learningRate` included, and neither weight decay nor penalties, which would draw it toward
 * ReLU (He et al. 2015, section 2.1). Its weights begin as ReLU's, He normal.
 *
 * Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015.
 * @param options.per 'layer' (default): one slope for all units, as PyTorch's `PReLU()`; 'unit': one for each, as PyTorch's
 *   `PReLU(units)` and Keras's `PReLU()`
 * @param options.init how the slopes begin: a number for all, or an init such as randomUniform(0, 0.5). Default 0.25, as in the
 *   paper and PyTorch; Keras's is 0
 * @throws InputError
 */
export function prelu(options: { readonly per?: 'layer' | 'unit'; readonly init?: number | Init } = {}): Prelu {
  const { per, init = 0.25 } = checkOptions('prelu', options, ['per', 'init']);
  if (typeof init === 'number') demand(isF32(init), 'prelu: init', `${F32}, or an init such as randomUniform(0, 0.5)`, init);
  const layer: Prelu = { type: 'prelu', ...(per !== undefined && { per }), init: typeof init === 'number' ? constant(init) : init };
  checkPrelu(layer);
  know(preluKernel);
  return layer;
}

export const preluLayer: LayerType<Prelu> = {
  type: 'prelu',
  maker: 'prelu()',
  isElementwise: true,
  check: checkPrelu,
  shape: ([input]) => input!,
  parameters(input, { per, init = USUAL }) {
    const width = sizeOf(input);
    return [{ name: 'slope', role: 'slope', shape: [per === 'unit' ? width : 1], fileAxes: [0], fanIn: width, fanOut: width, init }];
  },
  title: ({ per }) => (per === 'unit' ? 'prelu, per unit' : 'prelu'),
  forward: (emit, { inputs, parameters }) => emit.activate(inputs[0]!, { activation: 'prelu', slopes: (parameters as SlopeParameters).slope }),
  backward(emit, delta, _output, { inputs, parameters }) {
    const gradient = emit.slopeGradient(delta, inputs[0]!, parameters as SlopeParameters);
    return [emit.wantsGradient(inputs[0]!) ? gradient : undefined];
  },
};
