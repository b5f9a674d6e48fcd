/** How an optim is put together. */

import { openDevice, type Device } from '../device/index.ts';
import { GradshaderError, InputError } from '../errors.ts';
import type { Rule } from '../kernels/rule.ts';
import { initialState } from '../compile/init.ts';
import { lassoFactor, type ReplicaSettings } from '../model/hyperparameters.ts';
import { bufferBytes, checkSize } from '../scheduler/buffers.ts';
import { NEEDED_USAGE } from '../webgpu/flags.ts';
import { lend } from '../webgpu/lend.ts';
import { Program } from '../webgpu/program.ts';
import { Optim } from './optim.ts';
import { checkOptim, type OptimOptions } from './options.ts';
import { pairsOf, type Pair } from './pairs.ts';
import { optimArena, optimBuffers, optimPlan, rowBytes, type OptimBuild } from './plan.ts';
import { groupsFor } from './row.ts';
import { hasUnitRule, resolve } from './settings.ts';
import { tensorsOf, type Tensor } from './tensors.ts';
import { LOOK_BYTES } from './watch.ts';

/** Rules whose first state depends on the weights. */
const needsWeights = (rule: Rule): boolean => rule.name === 'ftrl' || rule.average;

/** @throws InputError, OutOfMemoryError: before anything is made */
function checkLimits(build: OptimBuild, tensors: readonly Tensor[], limits: GPUSupportedLimits): void {
  const row = rowBytes(build);
  if (row > limits.maxUniformBufferBindingSize) {
    throw new InputError(
      `createOptim: ${tensors.length} parameters in ${build.groups} groups need a row of ${row} bytes; this device binds ` +
        `${limits.maxUniformBufferBindingSize}. Give more of them one group, or make two optims.`,
    );
  }
  const blind = needsWeights(build.rule) ? tensors.find(({ buffer }) => (buffer.usage & NEEDED_USAGE.COPY_SRC) === 0) : undefined;
  if (blind !== undefined) {
    throw new InputError(
      `createOptim: ${blind.name}: ${build.rule.average ? 'averaging' : build.rule.name} starts from the weights, which are read once. ` +
        'Make their buffer with GPUBufferUsage.COPY_SRC as well.',
    );
  }
  for (const spec of optimBuffers(build)) checkSize({ ...spec, bytes: bufferBytes(spec) }, limits);
}

/** @throws InputError where the device cannot bind the buffers */
async function lendPair(program: Program, { parameters, gradients, members }: Pair, i: number): Promise<void> {
  try {
    await lend(program, { [`parameters.${i}`]: parameters, [`gradients.${i}`]: gradients });
  } catch (error) {
    if (!(error instanceof GradshaderError) || error.code !== 'validation') throw error;
    const names = members.map(({ tensor }) => tensor.name).join(', ');
    throw new InputError(
      `createOptim: this device cannot bind the buffers of ${names}: they must be buffers of the very GPUDevice that was given. ${error.message}`,
      { cause: error },
    );
  }
}

/** State for weights as they are now; undefined where it is all zeros. */
async function firstState(
  program: Program, tensors: readonly Tensor[], { rule, stride, pairs }: OptimBuild, settings: ReplicaSettings,
): Promise<Float32Array<ArrayBuffer> | undefined> {
  if (!needsWeights(rule) && rule.name !== 'adagrad') return undefined;
  const weights = new Float32Array(stride);
  for (const [i, { members }] of needsWeights(rule) ? pairs.entries() : []) {
    for (const { tensor: { offset, weightsAt, length } } of members) {
      weights.set(new Float32Array(await program.read({ buffer: `parameters.${i}`, offset: 4 * weightsAt, bytes: 4 * length })), offset);
    }
  }
  return initialState({ stride, tensors }, rule, settings, weights);
}

/**
 * Makes an optim for parameters in the caller's own buffers. All pipelines, bind groups and buffers are made here;
 * `encode` makes none. One dispatch per update for all parameters that share their two buffers; one more for clipping
 * by norm, LARS, LAMB and skipping, and one more for rules on the norms of units.
 *
 * The caller's buffers stay the caller's: they are bound, never destroyed. A buffer that holds weights is bound for
 * writing, so gradients must lie in another one. For ftrl and averaging the weights are read once, here: upload the
 * initial ones first.
 *
 * @param device the caller's GPUDevice, or a Device of `openDevice`
 * @throws InputError naming the view or option, OutOfMemoryError beyond a limit: before any work
 */
export async function createOptim(device: GPUDevice | Device, options: OptimOptions): Promise<Optim> {
  const settings = checkOptim(options);
  const { tensors, stride } = tensorsOf(options.parameters, settings.groups);
  const resolved = resolve(tensors, settings);
  if (typeof device !== 'object' || device === null || !('gpu' in device || 'limits' in device)) {
    throw new InputError('createOptim: the first argument must be a GPUDevice, or a Device of openDevice().');
  }
  const isOurs = 'gpu' in device;
  const gpu = isOurs ? device.gpu : device;
  const units = new Set(tensors.flatMap((tensor, i) => (hasUnitRule(tensor, settings.groups) ? [i] : [])));
  const build: OptimBuild = {
    pairs: pairsOf(tensors, gpu.limits), rule: resolved.rule, tensors: tensors.length, stride,
    groups: groupsFor(tensors), lassoFactors: resolved.settings.tensors.map(lassoFactor), stepsInFlight: settings.stepsInFlight, units,
  };
  checkLimits(build, tensors, gpu.limits);
  const open = isOurs ? device : await openDevice({ device });
  try {
    const program = await Program.create(open, {
      owner: 'optim', buffers: [], rowBytes: rowBytes(build), capacity: settings.stepsInFlight, readBytes: LOOK_BYTES,
    });
    try {
      for (const [i, pair] of build.pairs.entries()) await lendPair(program, pair, i);
      await program.addBuffers(optimBuffers(build));
      const plan = await program.load(optimPlan(build));
      const state = await firstState(program, tensors, build, resolved.settings);
      const arena = optimArena(build);
      if (state !== undefined && arena.length > 0) program.write('state', state);
      return new Optim({ device: open, closesDevice: !isOurs, program, build, plan, tensors, ...resolved, arena, options: settings });
    } catch (error) {
      program.destroy();
      throw error;
    }
  } catch (error) {
    if (!isOurs) await open.close();
    throw error;
  }
}
