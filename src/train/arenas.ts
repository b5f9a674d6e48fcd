/** Whole arenas between the GPU and the CPU, and parameters by name. For moments between submits, and loaded when first asked for. */

import { cameAs, isArray, ownArray } from '../arrays.ts';
import { InputError } from '../errors.ts';
import { textOf } from '../options.ts';
import { parameterArena, stateArena } from '../compile/build.ts';
import { initialState } from '../compile/init.ts';
import { checkNonFinite, refusedValue, type NonFiniteOption } from '../files/finite.ts';
import { Arena } from '../model/arena.ts';
import type { Network, Tensor } from '../model/network.ts';
import type { Clock } from '../compile/rows.ts';
import { makeBestBuffer, readBest, writeBest } from './best.ts';
import type { Arenas } from './checkpoint.ts';
import type { Engine } from './engine.ts';
import { reductionsOf } from './plateaus.ts';
import { hasBestWeights, type TrainingState } from './training-state.ts';
import { withShape, type ShapedArray } from './shaped.ts';
import { checkWeights, type KeptWeights } from './weights.ts';

/** All arenas; the best weights where some were kept. */
export async function download(engine: Engine, state: TrainingState): Promise<Arenas> {
  const { program, build } = engine;
  const read = async (buffer: string, bytes: number): Promise<Float32Array<ArrayBuffer>> =>
    bytes === 0 ? new Float32Array(0) : new Float32Array(await program.read({ buffer, offset: 0, bytes }));
  return {
    parameters: await read('parameters', parameterArena(build).bytes),
    state: await read('state', stateArena(build).bytes),
    ...(hasBestWeights(state) && { best: await readBest(engine) }),
  };
}

export async function upload(engine: Engine, { parameters, state, best }: Arenas): Promise<void> {
  engine.kept = undefined;
  engine.program.write('parameters', parameters);
  if (state.length > 0) engine.program.write('state', state);
  if (best === undefined) return;
  await makeBestBuffer(engine);
  writeBest(engine, best);
}

/** One of the weights, as the parameters lie: [replica][arena]. */
export function weightsOf(
  { build }: Engine, { parameters, state, best }: Arenas, weights: KeptWeights, training: TrainingState,
): Float32Array<ArrayBuffer> {
  const arena = parameterArena(build), chosen = parameters.slice();
  for (let replica = 0; replica < build.replicas; replica++) {
    const own = arena.slot(chosen, replica);
    if (weights === 'average') own.set(stateArena(build).slot(state, replica, 'average'));
    // A replica without one finite figure has no best epoch: its weights are the present ones.
    if (weights === 'best' && training.best!.replicas[replica]!.epoch > 0) own.set(arena.slot(best!, replica));
  }
  return chosen;
}

/** By name, in file layout, replicas side by side. */
export function namedParameters({ build }: Engine, parameters: Float32Array): Map<string, ShapedArray> {
  const arena = parameterArena(build);
  return new Map(build.network.tensors.map((tensor) => [tensor.name, withShape(arena.toFile(tensor, parameters), arena.fileShape(tensor))]));
}

/** An array may say its shape, as those of files do: then the number of values is not enough. @throws InputError */
function checkShape(name: string, shape: unknown, wanted: readonly number[]): void {
  if (!Array.isArray(shape) || shape.join() === wanted.join()) return;
  const turned = [...wanted.slice(0, -2), ...wanted.slice(-2).reverse()].join();
  const advice = shape.join() === turned
    ? "it lies the other way round. Read its file with readParameters(bytes, name, { layout: 'in-out' }), or transpose it."
    : 'it is of another layer.';
  throw new InputError(`setParameters: ${name} must have the shape [${wanted}], got [${shape.join()}]: ${advice}`);
}

/** Of any realm: the language's own test, which no other object passes. */
function isMap(value: unknown): boolean {
  try {
    Map.prototype.has.call(value as Map<unknown, unknown>, 0);
    return true;
  } catch {
    return false;
  }
}

/** @throws InputError naming the tensor */
export function checkParameters(values: ReadonlyMap<string, Float32Array>, network: Network, replicas: number, options: NonFiniteOption): void {
  checkNonFinite('setParameters', options);
  if (!isMap(values)) throw new InputError('setParameters: wanted a Map of names to Float32Arrays, as parameters() gives.');
  for (const [name, data] of values) {
    const tensor = network.tensors.find((known) => known.name === name);
    const wanted = replicas * (tensor?.length ?? 0);
    if (tensor === undefined) throw new InputError(`setParameters: the model has no ${textOf(name)}; it has ${network.tensors.map((t) => t.name).join(', ')}.`);
    if (isArray(data, 'Float32Array')) ownArray(`setParameters: ${name}`, data, 'Float32Array');
    if (!(isArray(data, 'Float32Array') && data.length === wanted)) {
      throw new InputError(`setParameters: ${name} must be a Float32Array of ${wanted} values, got ${cameAs(data)} of ${textOf((data as Float32Array | null)?.length)}.`);
    }
    checkShape(name, (data as ShapedArray).shape, new Arena(network, replicas).fileShape(tensor));
    const refused = refusedValue(data, options);
    if (refused !== undefined) throw new InputError(`setParameters: ${name}: ${refused}`);
  }
}

/** All arenas, with the weights asked for in the place of the trained ones. @throws InputError where these are not kept */
export async function keptArenas(engine: Engine, weights: KeptWeights, state: TrainingState): Promise<Arenas> {
  checkWeights(weights, engine, state);
  const arenas = await download(engine, state);
  return { ...arenas, parameters: weightsOf(engine, arenas, weights, state) };
}

/** @throws InputError where the weights asked for are not kept */
export const parametersOf = async (engine: Engine, weights: KeptWeights, state: TrainingState): Promise<Map<string, ShapedArray>> =>
  namedParameters(engine, (await keptArenas(engine, weights, state)).parameters);

/** Puts named values into the arenas on the GPU. */
export async function replaceParameters(engine: Engine, values: ReadonlyMap<string, Float32Array>, state: TrainingState): Promise<void> {
  const { best: _best, ...arenas } = await download(engine, state);
  setParameters(engine, arenas, values, state);
  await upload(engine, arenas);
}

/** Puts named values into the arenas, and what the state must be with them: see `restart`. */
export function setParameters(engine: Engine, arenas: Arenas, values: ReadonlyMap<string, Float32Array>, state: TrainingState): void {
  const { build } = engine;
  const given = build.network.tensors.filter(({ name }) => values.has(name));
  for (const tensor of given) parameterArena(build).fromFile(tensor, values.get(tensor.name)!, arenas.parameters);
  for (let replica = 0; replica < build.replicas; replica++) restart(engine, arenas, replica, given, state);
}

/**
 * State that says what the weights are begins anew for tensors that were replaced: the running average is their copy,
 * and FTRL's z and n are those from which its rule gives them. Other state stays.
 */
function restart({ build, settings }: Engine, arenas: Arenas, replica: number, tensors: readonly Tensor[], state: TrainingState): void {
  const { network, rule } = build;
  const clock: Clock = {
    step: state.step, steps: state.horizon, t: state.step + 1, reductions: reductionsOf(state, replica),
    lastRates: state.lastRates[replica] ?? undefined,
  };
  const arena = stateArena(build), own = new Arena(network, 1, arena.slots);
  const fresh = initialState(network, rule, settings[replica]!, parameterArena(build).slot(arenas.parameters, replica), clock);
  for (const slot of ['average', ...(rule.name === 'ftrl' ? ['z', 'n'] : [])].filter((name) => arena.has(name))) {
    for (const tensor of tensors) arena.put(tensor, own.take(tensor, fresh, 0, slot), arenas.state, replica, slot);
  }
}

/** After weights were replaced on the GPU, for a rule whose state says what they are: what `restart` does. */
export async function restartState(engine: Engine, replicas: readonly number[], state: TrainingState): Promise<void> {
  const arenas = await download(engine, state);
  for (const replica of replicas) restart(engine, arenas, replica, engine.build.network.tensors, state);
  engine.program.write('state', arenas.state);
}
