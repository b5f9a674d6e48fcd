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
export const proximalSgd = ({ learningRate, l1 = 0, l2 = 0 }: Strengths): Hyperparameters =>
  ({ optimizer: 'sgd', learningRate, l1, l1Rule: 'proximal', l2, l2Rule: 'proximal' });

/**
 * Proximal Adagrad: adagrad without epsilon, both penalties proximal in its metric.
 *
 *     s = s + g^2;  a = lr / sqrt(s);  w = soft(w - a g, a l1) / (1 + a l2)
 *
 * TensorFlow's ApplyProximalAdagrad is the same. State: `sum` (s), 0.1 before the first update unless given.
 * 20 bytes per parameter and update in f32.
 * Source: Duchi, Hazan, Singer, "Adaptive subgradient methods", JMLR 12 (2011).
 */
export const proximalAdagrad = ({ initialAccumulator = 0.1, ...given }: Strengths & { readonly initialAccumulator?: number }): Hyperparameters =>
  ({ ...proximalSgd(given), optimizer: 'adagrad', epsilon: 0, initialAccumulator });
