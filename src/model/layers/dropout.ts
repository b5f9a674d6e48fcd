import { checkOptions } from '../../options.ts';
import { checkValue } from '../optimizers/optimizer.ts';
import type { LayerType } from './layer.ts';

export interface Dropout {
  readonly type: 'dropout';
  /** Probability of dropping a value. */
  readonly rate: number;
}

/**
 * Inverted dropout (Srivastava et al. 2014): in training each value is dropped with probability `rate`, kept ones are
 * multiplied by 1 / (1 - rate); in evaluation nothing happens. Masks come from Philox 4x32-10 and are the same bits
 * on every device. The rate is a hyperparameter: replicas may differ in it.
 * @throws InputError unless 0 <= rate < 1
 */
export function dropout(rate: number): Dropout {
  checkValue('probability', rate, 'dropout');
  return { type: 'dropout', rate };
}

export const dropoutLayer: LayerType<Dropout> = {
  type: 'dropout',
  maker: 'dropout(rate)',
  numbers: { rate: 'probability' },
  isElementwise: true,
  check: (settings) => void dropout(checkOptions('dropout', settings, ['type', 'rate']).rate),
  shape: ([input]) => input!,
  title: ({ rate }) => `dropout ${rate}`,
  forward: (emit, { inputs, dropout: own }) => emit.drop(inputs[0]!, own!),
  backward: (emit, delta, _output, { inputs, dropout: own }) => [emit.dropGradient(delta, own!, inputs[0]!)],
};
