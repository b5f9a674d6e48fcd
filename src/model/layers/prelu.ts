import { InputError } from '../../errors.ts';
import { checkOptions, demandOneOf } from '../../options.ts';
import type { SlopeParameters } from '../../ops/emit.ts';
import { checkInit } from '../inits/index.ts';
import { isMatrixInit, type Init } from '../inits/init.ts';
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
