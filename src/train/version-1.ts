/** Checkpoints of format version 1, of gradshader 0.1: what they say, in the words of today. */

import { initialState } from './training-state.ts';

type Loose = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null;

/** One flat list of hyperparameters, the same for all rules: Adam's beta1 was called momentum. */
function optimizerOf(old: Loose): Loose {
  const { rule, learningRate, momentum, dampening, beta2, epsilon, weightDecay, regularizers } = old;
  const own: Readonly<Record<string, Loose>> = {
    sgd: {},
    momentum: { momentum, dampening },
    nesterov: { momentum },
    adam: { beta1: momentum, beta2, epsilon, epsilonRoot: 0, epsilonHat: 0 },
  };
  return { rule, hyperparameters: { learningRate, ...own[String(rule)], weightDecay }, regularizers };
}

/** The training part of a version 1 file as version 2 has it. What is broken stays broken, for the check to find. */
export function fromVersion1(training: unknown): unknown {
  if (!isObject(training) || !isObject(training['config']) || !isObject(training['state'])) return training;
  const { config, state } = training as { config: Loose; state: Loose };
  const replicas = Array.isArray(config['replicas']) ? config['replicas'].length : 1;
  return {
    ...training,
    config: { ...config, ...(isObject(config['optimizer']) && { optimizer: optimizerOf(config['optimizer']) }) },
    state: { ...initialState(replicas), ...state },
  };
}
