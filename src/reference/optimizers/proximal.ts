import { requireFields } from '../check.ts';
import type { Hyperparameters } from './types.ts';

interface Strengths {
  readonly learningRate: number;
  readonly l1?: number;
  readonly l2?: number;
}

/**
 * Proximal gradient descent: sgd with both penalties proximal.
 *
 *     w = soft(w - lr g, lr l1) / (1 + lr l2)
 *
 * TensorFlow's ApplyProximalGradientDescent is the same. State: none. 12 bytes per parameter and update in f32.
 * Source: Duchi, Singer, "Efficient online and batch learning using forward backward splitting", JMLR 10 (2009).
 */
export function proximalSgd(strengths: Strengths): Hyperparameters {
  const { learningRate, l1 = 0, l2 = 0 } = requireFields('proximalSgd', strengths, { learningRate: 'number', l1: 'number?', l2: 'number?' });
  return { optimizer: 'sgd', learningRate, l1, l1Rule: 'proximal', l2, l2Rule: 'proximal' };
}

/**
 * Proximal Adagrad: adagrad without epsilon, both penalties proximal in its metric.
 *
 *     s = s + g^2;  a = lr / sqrt(s);  w = soft(w - a g, a l1) / (1 + a l2)
 *
 * TensorFlow's ApplyProximalAdagrad is the same. State: `sum` (s), 0.1 before the first update unless given.
 * 20 bytes per parameter and update in f32.
 * Source: Duchi, Hazan, Singer, "Adaptive subgradient methods", JMLR 12 (2011).
 */
export function proximalAdagrad(strengths: Strengths & { readonly initialAccumulator?: number }): Hyperparameters {
  const { initialAccumulator = 0.1, ...given } = requireFields('proximalAdagrad', strengths, {
    learningRate: 'number', l1: 'number?', l2: 'number?', initialAccumulator: 'number?',
  });
  return { ...proximalSgd(given), optimizer: 'adagrad', epsilon: 0, initialAccumulator };
}
