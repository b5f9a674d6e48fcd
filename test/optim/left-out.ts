/** What an update that is left out may change: nothing. Any optimizer with any rule around it, in the caller's buffers. */
import { expect } from 'vitest';
import type { Device } from '../../src/device/index.ts';
import { readSafetensors } from '../../src/files/safetensors.ts';
import {
  clipByGlobalNorm, clipByNorm, clipByValue, groupLasso, l1, l2, maxNorm, nonNegative, unitNorm, type Averaging, type Optimizer,
} from '../../src/index.ts';
import { hasTrustRatio, RULE_NAMES, type RuleName } from '../../src/kernels/rule.ts';
import { createOptim, type Optim, type ParameterView } from '../../src/optim/index.ts';
import { isRefused, RULES } from '../cases/rules.ts';
import { draw } from '../cases/contents.ts';
import { Caller, optimizerOf } from '../cases/optim.ts';

/** Nadam and FTRL are refused: their own numbers look back at all updates. */
export const NAMES: readonly RuleName[] = RULE_NAMES.filter((name) => name !== 'nadam' && name !== 'ftrl');

const hasUnits = (name: RuleName): boolean => ['sgd', 'momentum', 'nesterov'].includes(name);

/** What may stand around an optimizer. */
export const AROUND: Readonly<Record<string, (name: RuleName) => Partial<Optimizer> | undefined>> = {
  nothing: () => ({}),
  'proximal l1 and l2, non-negative': () => ({ regularizers: [l1(0.01), l2(0.01, { rule: 'proximal' }), nonNegative()] }),
  'coupled l1 and l2': () => ({ regularizers: [l1(0.01, { rule: 'subgradient' }), l2(0.01)] }),
  'decoupled l1': (name) => (isRefused(name, { l1: 1, l1Rule: 'decoupled' }) ? undefined : { regularizers: [l1(0.01, { rule: 'decoupled' })] }),
  'max-norm, clip by value': () => ({ regularizers: [maxNorm(0.5)], clip: clipByValue(0.5) }),
  'unit norm': () => ({ regularizers: [unitNorm()] }),
  'group lasso and max-norm': (name) => (hasUnits(name) ? { regularizers: [groupLasso(0.01), maxNorm(0.5)] } : undefined),
  'clip by norm': (name) => (hasTrustRatio(name) ? undefined : { clip: clipByNorm(0.5) }),
  'clip by global norm': (name) => (hasTrustRatio(name) ? undefined : { clip: clipByGlobalNorm(0.5) }),
};

const [INPUTS, UNITS] = [5, 4];
const LENGTHS = [INPUTS * UNITS, UNITS];

interface Made {
  readonly optim: Optim;
  readonly weights: readonly GPUBuffer[];
  readonly gradients: readonly GPUBuffer[];
}

/** A weight and a bias, each in buffers of its own: two dispatches of every kind. */
async function make(caller: Caller, device: Device, optimizer: Optimizer, averaging: Averaging | undefined): Promise<Made> {
  const [weights, gradients] = [1, 3].map((id) => LENGTHS.map((length, i) => caller.buffer(Float32Array.from(draw(length, id + i))))) as [GPUBuffer[], GPUBuffer[]];
  const parameters = LENGTHS.map((length, i): ParameterView => ({
    name: ['w', 'b'][i]!, kind: i === 0 ? 'weight' : 'bias', buffer: weights[i]!, length, gradient: { buffer: gradients[i]! },
    ...(i === 0 && { shape: [INPUTS, UNITS] as const }),
  }));
  const optim = await createOptim(device, { parameters, optimizer, onNonFinite: 'skip', ...(averaging && { averaging }) });
  return { optim, weights, gradients };
}

/** Words of weights, state and averages. */
async function bitsOf(caller: Caller, { optim, weights }: Made): Promise<Record<string, readonly number[]>> {
  const own = await Promise.all(weights.map(async (buffer, i) => [`weights ${i}`, await caller.read(buffer)] as const));
  const state = [...readSafetensors(await optim.save()).tensors].map(([name, { data }]) => [name, new Float32Array(data.slice().buffer)] as const);
  return Object.fromEntries([...own, ...state].map(([name, values]) => [name, [...new Uint32Array(values.buffer)]]));
}

/** A value that spoils an update, and the parameter it is in; else gradients as drawn. */
type Spoilt = readonly [tensor: number, value: number] | undefined;

function step(caller: Caller, { optim, gradients }: Made, id: number, spoilt: Spoilt): void {
  gradients.forEach((buffer, i) => {
    const values = Float32Array.from(draw(LENGTHS[i]!, 100 + 2 * id + i));
    if (spoilt?.[0] === i) values[LENGTHS[i]! - 2] = spoilt[1];
    caller.write(buffer, values);
  });
  caller.step(optim);
}

/** Left out are the first update, one in the middle by a bias, and one at the end. */
const RUN: readonly Spoilt[] = [[0, NaN], undefined, undefined, [1, Infinity], [0, -Infinity], undefined, undefined, [0, NaN]];

/** Trains with and without the updates that are left out; false where the optimizer has no such rule. */
export async function checkLeftOut(device: Device, name: RuleName, around: string, averaging: Averaging | undefined): Promise<boolean> {
  const more = AROUND[around]!(name);
  if (more === undefined) return false;
  const caller = new Caller(device.gpu), made = await make(caller, device, optimizerOf(RULES[name], more), averaging);
  try {
    const start = await made.optim.save(), initial = await bitsOf(caller, made);
    let got = initial;
    for (const [id, spoilt] of RUN.entries()) {
      step(caller, made, id, spoilt);
      const after = await bitsOf(caller, made);
      expect(JSON.stringify(after) === JSON.stringify(got), `update ${id}`).toBe(spoilt !== undefined);
      got = after;
    }
    const { nonFinite, skipped } = await made.optim.flags();
    expect(skipped).toBe(RUN.filter((spoilt) => spoilt !== undefined).length);
    expect(nonFinite).toEqual([{ name: 'w', step: 0, isState: false }, { name: 'b', step: 3, isState: false }]);
    await made.optim.load(start);
    for (const [i, buffer] of made.weights.entries()) caller.write(buffer, new Float32Array(Uint32Array.from(initial[`weights ${i}`]!).buffer));
    for (const [id, spoilt] of RUN.entries()) if (spoilt === undefined) step(caller, made, id, spoilt);
    expect(await bitsOf(caller, made)).toEqual(got);
    expect(await made.optim.flags()).toEqual({ nonFinite: [], skipped: 0 });
    return true;
  } finally {
    made.optim.destroy();
    caller.destroy();
  }
}
