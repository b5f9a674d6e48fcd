/** A configuration resolved: what is fixed for its Program, and the hyperparameters of each replica. Allocates nothing. */

import { InputError } from '../errors.ts';
import type { Build } from '../compile/build.ts';
import { groupsFor } from '../compile/groups.ts';
import { checkRule, gradientsFor, orthogonalLayers, ruleOf } from '../compile/rule.ts';
import { defaultFusion, resolveTiles, rulesOf, traitsOf, type AdapterClass, type AdapterTraits, type Fusion } from '../compile/tiles.ts';
import { lassoFactor, resolveReplicas, type ReplicaSettings } from '../model/hyperparameters.ts';
import { lossTypeOf, numbersOfLoss, type Loss } from '../model/losses/index.ts';
import { isActivationLayer } from '../model/layers/activation.ts';
import { checkModel, type Model } from '../model/model.ts';
import { copyOf } from '../model/schedules/index.ts';
import { describeNetwork, type Network } from '../model/network.ts';
import { checkTrainerConfig, type TrainerConfig } from './trainer-config.ts';

/** A checked configuration. */
export interface Prepared {
  readonly config: TrainerConfig;
  readonly build: Build;
  readonly network: Network;
  readonly settings: readonly ReplicaSettings[];
  readonly seed: number;
}

/** The fusion that goes with a rule. @throws InputError when another is asked for */
function fusionFor(config: TrainerConfig, traits: AdapterTraits, kept: string): Fusion {
  if (kept === '') return config.fusion ?? defaultFusion(traits);
  if (config.fusion === undefined || config.fusion === 'none') return 'none';
  throw new InputError(`fusion '${config.fusion}' keeps no gradients, which ${kept} needs. Leave fusion out, or give 'none'.`);
}

/** @throws InputError where a model ends in what its loss does not take */
function checkEnd({ type }: Loss, { layers }: Model): void {
  const { declares, maker, outputs } = lossTypeOf({ type }), last = layers.at(-1)!;
  if (last.type === declares || last.type === 'dense') return;
  if (last.type === 'softmax') throw new InputError(`loss: ${maker} takes values, and the model ends in softmax(). Take softmaxCrossEntropy(), or leave softmax() out.`);
  if (declares === undefined || !isActivationLayer(last)) return;
  throw new InputError(`loss: ${maker} takes ${outputs}, and the model ends in ${last.type}(). Leave that out, or end in ${declares}(), which the loss makes of them itself.`);
}

/** @throws InputError unless classes have as many weights as the model has outputs */
function checkOutputs(loss: Loss, { outputs }: Network): void {
  const weights = lossTypeOf(loss).classWeights?.(loss);
  if (weights === undefined || weights.length === outputs) return;
  throw new InputError(`loss: classWeights has ${weights.length} weights, the model's last layer ${outputs} outputs. Give one for each.`);
}

/** @throws InputError naming the option */
export function prepare(given: TrainerConfig, adapter: AdapterClass | AdapterTraits): Prepared {
  const traits = traitsOf(adapter);
  const { batchSize, seed, replicas, maxStepsPerSubmit, accumulate } = checkTrainerConfig(given ?? {});
  // A model may be written by hand or come from a file: what its makers check is checked again.
  const model = checkModel(given.model), network = describeNetwork(model);
  const config = { ...given, model, ...(given.replicas && { replicas: copyOf(given.replicas) }) };
  const settings = resolveReplicas(network, config.optimizer, seed, replicas, numbersOfLoss(config.loss));
  checkEnd(config.loss, model);
  checkOutputs(config.loss, network);
  const rule = ruleOf(network, config.optimizer, settings, {
    average: config.averaging !== undefined, skip: config.onNonFinite === 'skip',
  });
  checkRule(rule, settings);
  const kept = gradientsFor(rule, accumulate), fusion = fusionFor(config, traits, kept);
  const build: Build = {
    network,
    loss: config.loss,
    replicas: replicas.length,
    batchSize,
    capacity: maxStepsPerSubmit,
    rule,
    groups: groupsFor(settings),
    lassoFactors: settings[0]!.tensors.map(lassoFactor),
    orthogonalLayers: orthogonalLayers(network, config.optimizer, settings),
    accumulate,
    fusion,
    // Where gradients are kept the update's rule is asked all the same: it says why it cannot.
    rules: [...rulesOf(fusion), ...(kept === '' ? [] : ['update-in-epilogue'])],
    tiles: resolveTiles(config.tiles, traits, batchSize),
    normalised: config.normalize?.per,
  };
  return { config, build, network, settings, seed };
}

/** The whole configuration, defaults filled in. @param normalize what has been learned of the inputs */
export const configOf = ({ build, config, seed }: Prepared, normalize?: TrainerConfig['normalize']): TrainerConfig => ({
  ...config, batchSize: build.batchSize, seed, accumulate: build.accumulate, onNonFinite: build.rule.skip ? 'skip' : 'stop',
  fusion: build.fusion, tiles: build.tiles, maxStepsPerSubmit: build.capacity, ...(normalize && { normalize }),
});
