/** gradshader/optim on buffers of the caller's: every rule over ten updates against float64. */
import type { Device } from '../../src/device/index.ts';
import { needsNorms, stateSlots, type RuleName } from '../../src/kernels/rule.ts';
import { bareRule } from '../../src/kernels/rule.ts';
import type { Optimizer } from '../../src/model/optimizers/index.ts';
import { l1, l2 } from '../../src/model/regularizers.ts';
import { createOptim, type OptimOptions, type OptimOverrides, type Optim, type ParameterView } from '../../src/optim/index.ts';
import * as reference from '../../src/reference/index.ts';
import type { Hyperparameters, OptimizerState } from '../../src/reference/index.ts';
import { asFloat32, readSafetensors } from '../../src/files/safetensors.ts';
import type { Case } from '../hosts/cases.ts';
import { settingsOf } from './arena-layout.ts';
import { expectClose, expectWords } from './compare.ts';
import { draw } from './contents.ts';
import { RULES } from './rules.ts';

// GPUBufferUsage and GPUMapMode are not globals in Node.
export const USAGE = { MAP_READ: 0x1, COPY_SRC: 0x4, COPY_DST: 0x8, STORAGE: 0x80 } as const;
const ALL = USAGE.COPY_SRC | USAGE.COPY_DST | USAGE.STORAGE;

/** What a caller has: a device, buffers, and passes. */
export class Caller {
  readonly #made: GPUBuffer[] = [];

  constructor(readonly gpu: GPUDevice) {}

  buffer(contents: Float32Array<ArrayBuffer>, usage: number = ALL): GPUBuffer {
    const buffer = this.gpu.createBuffer({ label: "the caller's", size: contents.byteLength, usage });
    this.#made.push(buffer);
    this.gpu.queue.writeBuffer(buffer, 0, contents);
    return buffer;
  }

  write(buffer: GPUBuffer, contents: Float32Array<ArrayBuffer>): void {
    this.gpu.queue.writeBuffer(buffer, 0, contents);
  }

  /** One update in a pass and a submit of its own. */
  step(optim: Optim, overrides?: OptimOverrides): void {
    const encoder = this.gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    optim.encode(pass, overrides);
    pass.end();
    this.gpu.queue.submit([encoder.finish()]);
  }

  async read(buffer: GPUBuffer): Promise<Float32Array<ArrayBuffer>> {
    const staging = this.gpu.createBuffer({ size: buffer.size, usage: USAGE.MAP_READ | USAGE.COPY_DST });
    const encoder = this.gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
    this.gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(USAGE.MAP_READ);
    const copy = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return copy;
  }

  destroy(): void {
    for (const buffer of this.#made) buffer.destroy();
  }
}

/** The library's optimizer with the numbers of the reference's. */
export const optimizerOf = (h: Hyperparameters, more: Partial<Optimizer> = {}): Optimizer =>
  ({ rule: h.optimizer === 'adamw' ? 'adam' : h.optimizer, hyperparameters: settingsOf(h).values, regularizers: [], ...more });

/** Lengths around a vec4 and a chunk; the even ones are weights, the odd ones biases. Two buffers of weights, one of gradients. */
export const LENGTHS = [1, 3, 5, 255, 257, 1021] as const;
const STEPS = 10;
const GAP = -7;

interface Place { readonly buffer: 0 | 1; readonly weights: number; readonly gradients: number; readonly length: number }

/** Every view at an offset of its own, none of them aligned; the last two in the second buffer. */
export const PLACES: readonly Place[] = LENGTHS.map((length, i) => {
  const before = LENGTHS.slice(0, i), second = i >= 4;
  const own = second ? LENGTHS.slice(4, i) : before;
  const sum = (of: readonly number[]): number => of.reduce((a, b) => a + b + 1, 0);
  return { buffer: second ? 1 : 0, weights: 3 + sum(own), gradients: 1 + sum(before), length };
});

const SIZE = 1 + 3 + LENGTHS.reduce((sum, length) => sum + length + 1, 0);

const laidOut = (pick: (place: Place) => number, values: readonly ArrayLike<number>[], buffer?: 0 | 1): Float32Array<ArrayBuffer> => {
  const all = new Float32Array(SIZE).fill(GAP);
  PLACES.forEach((place, i) => { if (buffer === undefined || place.buffer === buffer) all.set(values[i]!, pick(place)); });
  return all;
};

/** Multiples of 1/1024, as f32 holds them exactly. */
const drawn = (length: number, id: number): Float32Array => draw(length, id).map((x) => Math.round(1024 * x) / 1024);

const isBias = (i: number): boolean => i % 2 === 1;

/** Weights have penalties, biases none. */
const PENALTY = { l1: 1e-3, l2: 1e-2 } as const;

const ofTensor = (base: Hyperparameters, i: number): Hyperparameters => ({ ...base, ...(isBias(i) ? { trustRatio: false } : PENALTY) });

export const gradientsAt = (step: number): Float32Array[] => LENGTHS.map((length, i) => drawn(length, 1000 + 10 * step + i));

interface Tensors { readonly weights: readonly ArrayLike<number>[]; readonly states: readonly OptimizerState[] }

/** Ten updates of the reference; with `round`, weights and state as f32 keeps them from one update to the next. */
function trajectory(base: Hyperparameters, initial: readonly Float32Array[], round: (x: number) => number): Tensors {
  let now: Tensors = { weights: initial, states: initial.map(() => ({})) };
  for (let step = 0; step < STEPS; step++) {
    const gradients = gradientsAt(step);
    const next = now.weights.map((weights, i) => reference.update({
      weights, state: now.states[i]!, gradient: gradients[i]!, hyperparameters: ofTensor(base, i), t: step + 1,
    }));
    now = {
      weights: next.map(({ weights }) => weights.map(round)),
      states: next.map(({ state }) => Object.fromEntries(Object.entries(state).map(([slot, values]) => [slot, values.map(round)]))),
    };
  }
  return now;
}

export interface Made {
  readonly optim: Optim;
  readonly weights: readonly [GPUBuffer, GPUBuffer];
  readonly gradients: GPUBuffer;
}

export const INITIAL: readonly Float32Array[] = LENGTHS.map((length, i) => drawn(length, 900 + i));

/** An optim over all places: weights with the penalties in one group, biases without in another. */
export async function make(
  caller: Caller, device: Device | GPUDevice, base: Hyperparameters, more: Partial<Pick<OptimOptions, 'averaging' | 'onNonFinite' | 'stepsInFlight'>> = {},
): Promise<Made> {
  const weights = ([0, 1] as const).map((buffer) => caller.buffer(laidOut((place) => place.weights, INITIAL, buffer)));
  const gradients = caller.buffer(laidOut((place) => place.gradients, gradientsAt(0)));
  const parameters = PLACES.map(({ buffer, weights: offset, gradients: at, length }, i): ParameterView => ({
    name: `p${i}`, buffer: weights[buffer]!, offset, length, gradient: { buffer: gradients, offset: at },
    kind: isBias(i) ? 'bias' : 'weight', group: isBias(i) ? 'biases' : 'weights',
  }));
  const groups = {
    weights: optimizerOf(base, { regularizers: [l1(PENALTY.l1), l2(PENALTY.l2)] }), biases: optimizerOf(base),
  };
  return { optim: await createOptim(device, { parameters, groups, ...more }), weights: weights as [GPUBuffer, GPUBuffer], gradients };
}

/** Runs updates `from` to `to`, each with its own gradients. */
export function run(caller: Caller, { optim, gradients }: Made, from: number, to: number): void {
  for (let step = from; step < to; step++) {
    caller.write(gradients, laidOut((place) => place.gradients, gradientsAt(step)));
    caller.step(optim);
  }
}

/** All weights, and the words between them. */
export async function weightsOf(caller: Caller, { weights }: Made): Promise<{ tensors: Float32Array[]; rest: Float32Array[] }> {
  const all = await Promise.all(weights.map((buffer) => caller.read(buffer)));
  const tensors = PLACES.map(({ buffer, weights: at, length }) => all[buffer]!.slice(at, at + length));
  PLACES.forEach(({ buffer, weights: at, length }) => all[buffer]!.fill(GAP, at, at + length));
  return { tensors, rest: all };
}

async function ruleCase(device: Device, name: RuleName): Promise<void> {
  const caller = new Caller(device.gpu), base = RULES[name] as Hyperparameters;
  const made = await make(caller, device, base);
  try {
    run(caller, made, 0, STEPS);
    const exact = trajectory(base, INITIAL, (x) => x), rounded = trajectory(base, INITIAL, Math.fround);
    const { tensors, rest } = await weightsOf(caller, made);
    const saved = readSafetensors(await made.optim.save()).tensors;
    // The error of the rule in f32: its storage alone here, its operations are as many again. Below it 2e-7, as in the
    // comparisons with PyTorch's own f32.
    const check = (label: string, got: (i: number) => ArrayLike<number>, pick: (of: Tensors, i: number) => ArrayLike<number>): void => {
      const all = (of: (i: number) => ArrayLike<number>): number[] => LENGTHS.flatMap((_, i) => Array.from(of(i)));
      const want = all((i) => pick(exact, i)), f32 = all((i) => pick(rounded, i));
      const error = want.reduce((worst, x, i) => Math.max(worst, Math.abs(x - f32[i]!)), 0);
      const scale = want.reduce((a, x) => Math.max(a, Math.abs(x)), 1);
      expectClose(label, all(got), want, 0, 8 * error + 2e-7 * scale);
    };
    check('weights', (i) => tensors[i]!, ({ weights }, i) => weights[i]!);
    for (const slot of stateSlots(bareRule(name))) {
      check(slot, (i) => asFloat32(saved.get(`optimizer.${slot}.p${i}`)!), ({ states }, i) => states[i]![slot]!);
    }
    for (const gap of rest) expectClose('between the views', gap, new Float32Array(SIZE).fill(GAP), 0, 0);
    expectWords('updates', [made.optim.step], [STEPS]);
  } finally {
    made.optim.destroy();
    caller.destroy();
  }
}

export const optimCases: readonly Case[] = (Object.keys(RULES) as RuleName[]).map((name) => ({
  name: `optim: ${name}, ten updates of two groups in three buffers${needsNorms(bareRule(name)) ? ', with norms' : ''}`,
  run: (device) => ruleCase(device, name),
}));
