/** A network as operations: of a training step, of evaluation, of prediction. */

import { lossTypeOf, type Loss } from '../model/losses/index.ts';
import { layerTypeOf, type Layer } from '../model/layers/index.ts';
import type { Bound } from '../model/layers/layer.ts';
import { INPUT } from '../model/model.ts';
import { hasWeight, type Network, type NetworkNode, type ParameterLayer, type WeightLayer } from '../model/network.ts';
import { differentiate, type Node } from '../ops/differentiate.ts';
import { Emitter, gradientOf, type Parameters } from '../ops/emit.ts';
import type { Op, OpGraph, TensorId, ValueId } from '../ops/op.ts';
import type { Build } from './build.ts';

/** The forward pass, and what it knows of every node. */
export interface Forward {
  readonly emit: Emitter;
  readonly bounds: readonly Bound<Layer>[];
  readonly outputs: readonly ValueId[];
}

function parametersOf(layer: ParameterLayer): Parameters {
  // A weight may be another layer's.
  const tensors = hasWeight(layer) ? [layer.weight, layer.bias] : layer.tensors, frozen = tensors.filter(({ isFrozen }) => isFrozen).map(({ index }) => index);
  return {
    name: layer.name, ...Object.fromEntries(tensors.map(({ role, index }) => [role, index])), ...(layer.isTransposed && { transposed: true }), ...(frozen.length > 0 && { frozen }),
  };
}

export function sayForward({ inputs, nodes }: Network, loss: Loss, training: boolean): Forward {
  const declared = lossTypeOf(loss).declares, emit = new Emitter(training);
  const input = emit.input(inputs);
  const outputs: ValueId[] = [];
  const bounds = nodes.map((node): Bound<Layer> => {
    const bound: Bound<Layer> = {
      settings: node.layer, inputs: node.inputs.map((from) => (from === INPUT ? input : outputs[from]!)), width: node.width,
      ...(node.parameters !== undefined && { parameters: parametersOf(node.parameters) }),
      ...(node.entry !== undefined && { entry: node.entry }),
      ...(node.dropout !== undefined && { dropout: { index: node.dropout.index, stream: node.dropout.stream } }),
    };
    // An output that the loss makes itself of the logits: nothing is done twice.
    const isDeclared = node === nodes.at(-1) && node.layer.type === declared;
    outputs.push(isDeclared ? bound.inputs[0]! : layerTypeOf(node.layer).forward(emit, bound));
    return bound;
  });
  return { emit, bounds, outputs };
}

/** Says the loss of the network's output; its gradient. */
export function sayLoss(emit: Emitter, { type }: Loss, input: ValueId): ValueId {
  const output = emit.value(emit.widthOf(input), gradientOf(input));
  emit.ops.push({ op: 'loss', label: 'loss and logits gradient', loss: type, input, output });
  return output;
}

/** The node whose output a dense layer hands on: behind it lie the activations and dropouts that only it has. */
export function handsOn(network: Pick<Network, 'nodes'>, dense: number): number {
  const { nodes } = network, readers = nodes.flatMap((node, at) => (node.inputs.includes(dense) ? [at] : []));
  return readers.length === 1 && layerTypeOf(nodes[readers[0]!]!.layer).isElementwise ? handsOn(network, readers[0]!) : dense;
}

/** Where penalties on the activations of a layer act: on what it hands on. Not on the network's output. */
function penalisedValues(network: Network, outputs: readonly ValueId[]): Map<ValueId, TensorId> {
  return new Map(network.nodes.flatMap(({ parameters, isLast }: NetworkNode, at): [ValueId, TensorId][] =>
    (parameters === undefined || isLast || !hasWeight(parameters) ? [] : [[outputs[handsOn(network, at)]!, parameters.weight.index]])));
}

/** One training step, nothing fused. */
export function trainOps({ network, rule, loss, orthogonalLayers }: Build, name: string): OpGraph {
  const { emit, bounds, outputs } = sayForward(network, loss, true);
  const nodes = bounds.flatMap((bound, at): Node[] => (outputs[at] === bound.inputs[0] ? [] : [{
    inputs: bound.inputs, output: outputs[at]!,
    backward: (delta) => layerTypeOf(bound.settings).backward(emit, delta, outputs[at]!, bound),
  }]));
  differentiate(emit, nodes, sayLoss(emit, loss, outputs.at(-1)!), rule.activity ? penalisedValues(network, outputs) : new Map());
  const penalties = orthogonalLayers.map((layer): Op => {
    const { name: shown, weight } = network.layers[layer] as WeightLayer;
    return { op: 'penalty', label: `${shown} orthogonal penalty`, weight: weight.index };
  });
  return {
    name, widths: emit.widths, results: {},
    ops: [
      ...emit.ops, ...emit.parameterOps(), ...penalties,
      { op: 'update', label: 'update of all parameters', tensors: network.tensors.filter(({ isFrozen }) => !isFrozen).map(({ index }) => index) },
      ...(rule.unitRules ? [{ op: 'unitRules', label: 'norms of all units' } as const] : []),
    ],
  };
}

/** Losses of one batch, dropout off. */
export function evaluateOps({ network, loss }: Build, name: string): OpGraph {
  const { emit, outputs } = sayForward(network, loss, false);
  sayLoss(emit, loss, outputs.at(-1)!);
  return { name, widths: emit.widths, results: {}, ops: emit.ops };
}

/** What users are told of the network's output: probabilities of classes or labels, or the output itself. */
function sayPrediction(emit: Emitter, loss: Loss, logits: ValueId): ValueId {
  const { prediction } = lossTypeOf(loss);
  if (prediction === 'outputs') return logits;
  if ('activation' in prediction) return emit.map(logits, { step: 'activate', activation: prediction.activation }, 'probabilities');
  const output = emit.value(emit.widthOf(logits), 'probabilities');
  emit.ops.push({ op: 'prediction', label: 'probabilities', kernel: prediction.kernel, input: logits, output });
  return output;
}

/** Outputs of one batch, dropout off: the network's, and what its loss makes of them. */
export function predictOps({ network, loss }: Build, name: string): OpGraph {
  const { emit, outputs } = sayForward(network, loss, false);
  const logits = outputs.at(-1)!, probabilities = sayPrediction(emit, loss, logits);
  return { name, widths: emit.widths, results: { logits, probabilities }, ops: emit.ops };
}
