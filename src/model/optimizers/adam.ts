import { demandBoolean } from '../../options.ts';
import type { Schedule } from '../schedules/index.ts';
import { adam as adamRule, amsgrad as amsgradRule } from '../rules/adam.ts';
import { makeOptimizer, optionsOf, type CommonOptions, type Optimizer } from './optimizer.ts';

export interface AdamOptions extends CommonOptions {
  readonly learningRate?: Schedule;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly epsilonRoot?: number;
  readonly epsilonHat?: boolean;
}

function values(name: string, options: AdamOptions): Record<string, Schedule> {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, epsilonRoot = 0, epsilonHat = false } =
    optionsOf(name, adamRule, options);
  demandBoolean(`${name}: epsilonHat`, epsilonHat);
  return { learningRate, beta1, beta2, epsilon, epsilonRoot, epsilonHat: Number(epsilonHat) };
}

/**
 * Adam (Kingma and Ba 2015, in PyTorch's form: epsilon outside the root, both moments bias-corrected):
 *   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
 *   D = sqrt(v / (1 - beta2^t) + epsilonRoot) + epsilon;  w -= learningRate / (1 - beta1^t) * m / D
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | `lr` 1e-3, `betas` 0.9 and 0.999, `eps` 1e-8 | nothing; its `weight_decay` is `fromTorch`, or `adamw`'s |
 * | Keras | `learning_rate` 1e-3, 0.9, 0.999, `epsilon` 1e-7 | epsilonHat: its epsilon counts 31.6 times at the first step, once in the end |
 * | optax | 0.9, 0.999, `eps` 1e-8, `eps_root` 0 | `eps_root` is epsilonRoot |
 *
 * State: m and v, two f32 per parameter; 28 bytes per parameter and step, with or without penalties.
 * Source: torch/optim/adam.py; Kingma and Ba, arXiv 1412.6980, algorithm 1.
 *
 * @param options.learningRate default 1e-3; may be a schedule
 * @param options.beta1 in [0, 1), default 0.9
 * @param options.beta2 in [0, 1), default 0.999
 * @param options.epsilon default 1e-8, at least 2^-126
 * @param options.epsilonRoot inside the root, default 0
 * @param options.epsilonHat divides epsilon by sqrt(1 - beta2^t), as the end of the paper's section 2 and Keras do; default false
 * @param options.weightDecay decoupled, default 0; `adamw` is this with 1e-2
 * @throws InputError
 */
export const adam = (options: AdamOptions = {}): Optimizer => makeOptimizer('adam', adamRule, values('adam', options), options);

/**
 * AdamW (Loshchilov and Hutter 2019, in PyTorch's form: the decay is multiplied by the learning rate):
 *   w *= 1 - learningRate * weightDecay, then Adam's step on w
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | `weight_decay` 0.01 | decays every parameter it is given; here biases do not decay |
 * | Keras | `weight_decay` 4e-3 | decays every variable but those of `exclude_from_weight_decay`; epsilonHat with 1e-7 |
 * | optax | `weight_decay` 1e-4 | decays all parameters unless there is a mask |
 * | the paper |  | not multiplied by the learning rate, only by its schedule |
 *
 * Under Adam it is no ridge penalty: its point of rest is that of l2 with strength weightDecay * D.
 * State and traffic as `adam`: two f32, 28 bytes per parameter and step.
 * Source: torch/optim/adamw.py; Loshchilov and Hutter, arXiv 1711.05101, algorithm 2.
 *
 * @param options.weightDecay default 1e-2; the rest as in `adam`
 * @throws InputError
 */
export const adamw = (options: AdamOptions = {}): Optimizer =>
  makeOptimizer('adamw', adamRule, values('adamw', options), { weightDecay: 1e-2, ...options });

/**
 * AMSGrad (Reddi, Kale and Kumar 2018, in PyTorch's form: the maximum before the bias correction):
 *   m and v as in `adam`;  vmax = max(vmax, v);  D = sqrt(vmax / (1 - beta2^t) + epsilonRoot) + epsilon
 *   w -= learningRate / (1 - beta1^t) * m / D
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | `amsgrad=True` of Adam | nothing |
 * | Keras | `amsgrad=True` of Adam | epsilonHat with 1e-7 |
 * | optax | `eps` 1e-8 | the maximum of v / (1 - beta2^t): another rule |
 *
 * State: m, v and vmax, three f32 per parameter; 36 bytes per parameter and step. Options as in `adam`.
 * Source: torch/optim/adam.py; Reddi, Kale and Kumar, ICLR 2018, algorithm 2.
 *
 * @throws InputError
 */
export const amsgrad = (options: AdamOptions = {}): Optimizer =>
  makeOptimizer('amsgrad', amsgradRule, values('amsgrad', options), options);
