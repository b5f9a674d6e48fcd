/**
 * Bounds on updates, whatever the rule: the rule itself is asked what it makes of operands that are off. Each gradient,
 * weight, slot of state and coefficient is moved both ways by what it may be off; what comes of it is added up: a coefficient's
 * moves stand for the roundings of the products it is in, which do not cancel where two of them are subtracted. So a rule that divides by a
 * small root, or looks at a sign, is allowed what it makes of rounding, and no more.
 */

import { BLOCK, clipOf, coefficientsOf, referenceRule, stateAt, type UpdatedShape } from '../float64/kernels/apply.ts';
import { stretches } from '../float64/kernels/arena.ts';
import { isSkipped, scaled } from '../float64/kernels/norms.ts';
import { updatedLayer, updatedLayers, type Layer } from '../float64/kernels/fused.ts';
import type { Row } from '../float64/rows.ts';
import { eachActive, eachUpdated } from '../float64/twin.ts';
import type { DenseWeightUpdateShape } from '../kernels/dense-weight-update.ts';
import type { NetworkWeightUpdateShape } from '../kernels/network-weight-update.ts';
import { stateSlots } from '../kernels/rule.ts';
import type { UpdateShape } from '../kernels/update.ts';
import type { Coefficients, OptimizerState } from '../reference/optimizers/types.ts';
import { optimizerGradient, updateBy } from '../reference/update.ts';
import { FEW, LAMBDA, MANY, noneAllowed, squares, sumError, U, type Allowed, type Bound, type Look } from './look.ts';

/** Elements of one tensor whose update is looked at: floats into parameters, and into the first slot of state. */
interface Part {
  readonly row: Row;
  readonly coefficients: Coefficients;
  readonly at: number;
  readonly state: number;
  readonly length: number;
  readonly gradient: (i: number) => number;
  readonly gradientError: (i: number) => number;
}

/** What may be allowed. */
type Updated = { readonly parameters: Float32Array; readonly state: Float32Array };

/** All that one update reads. */
interface Operands {
  readonly weights: Float64Array;
  readonly gradient: Float64Array;
  readonly state: OptimizerState;
  readonly coefficients: Coefficients;
}

const moved = (values: Float64Array, errors: Float64Array, sign: number): Float64Array => values.map((value, i) => value + sign * errors[i]!);

/** Numbers of some elements. (Float64Array.from with a callback is several times slower.) */
function taken(those: readonly number[], of: (i: number) => number): Float64Array {
  const out = new Float64Array(those.length);
  for (let i = 0; i < out.length; i++) out[i] = of(those[i]!);
  return out;
}

/** Roundings of a result itself: what stays within is not looked at further. */
const LAST = 8;

/** What an update of a part writes: where it starts in which binding. */
const written = ({ shape: { rule, arena } }: Look<UpdatedShape>, { at, state }: Part): (readonly ['parameters' | 'state', number])[] =>
  [['parameters', at], ...stateSlots(rule).map((_, s) => ['state', state + s * arena.stride] as const)];

/** Elements that are off by more: only of these the bound is asked for. The others are allowed so much. */
function suspects(look: Look<UpdatedShape>, allowed: Updated, part: Part): number[] {
  const { length } = part, isOff = new Uint8Array(length), found: number[] = [];
  for (const [binding, from] of written(look, part)) {
    const want = look.want(binding), got = look.got(binding), own = allowed[binding];
    for (let i = 0; i < length; i++) {
      const size = U * Math.abs(want[from + i]!);
      own[from + i] = (LAST + 1) * size;
      if (!(Math.abs(got[from + i]! - want[from + i]!) <= LAST * size)) isOff[i] = 1;
    }
  }
  for (let i = 0; i < length; i++) if (isOff[i] === 1) found.push(i);
  return found;
}

/** Those that are off by more than half of what they are allowed. */
function furtherOff(look: Look<UpdatedShape>, allowed: Updated, part: Part, those: readonly number[]): number[] {
  const isOff = new Uint8Array(those.length);
  for (const [binding, from] of written(look, part)) {
    const want = look.want(binding), got = look.got(binding), own = allowed[binding];
    those.forEach((element, i) => {
      const at = from + element;
      if (!(Math.abs(got[at]! - want[at]!) <= own[at]! / 2)) isOff[i] = 1;
    });
  }
  return those.filter((_, i) => isOff[i] === 1);
}

function allowPart(look: Look<UpdatedShape>, allowed: Updated, part: Part): void {
  const off = suspects(look, allowed, part);
  for (let start = 0; start < off.length; start += BLOCK) {
    const those = off.slice(start, start + BLOCK);
    allowThose(look, allowed, part, those, false);
    // What the gradient may be off explains most: only of the rest all else is moved, too.
    allowThose(look, allowed, part, furtherOff(look, allowed, part, those), true);
  }
}

/** Moves of an update's operands but the gradient. */
function moves(operands: Operands): ((sign: number) => Operands)[] {
  const { weights, state, coefficients } = operands, few = (values: Float64Array): Float64Array => values.map((value) => 4 * U * Math.abs(value));
  return [
    (sign) => ({ ...operands, weights: moved(weights, few(weights), sign) }),
    ...Object.entries(state).map(([slot, own]) => (sign: number): Operands => ({ ...operands, state: { ...state, [slot]: moved(own, few(own), sign) } })),
    ...Object.entries(coefficients).filter(([, value]) => value !== undefined && value !== 0)
      .map(([name, value]) => (sign: number): Operands => ({ ...operands, coefficients: { ...coefficients, [name]: value! * (1 + sign * 4 * U) } })),
  ];
}

function allowThose(look: Look<UpdatedShape>, allowed: Updated, part: Part, those: readonly number[], movesAll: boolean): void {
  if (those.length === 0) return;
  const { rule, arena } = look.shape, slots = stateSlots(rule), { row, coefficients: c, at, state: first } = part;
  const take = (data: Float32Array, from: number): Float64Array => taken(those, (i) => data[from + i]!);
  const old = look.before('state');
  const operands: Operands = {
    weights: take(look.before('parameters'), at), gradient: taken(those, part.gradient),
    state: Object.fromEntries(slots.map((slot, s) => [slot, take(old, first + s * arena.stride)])),
    coefficients: c,
  };
  const update = ({ weights, gradient, state, coefficients }: Operands): OptimizerState => {
    const seen = optimizerGradient({ weights, gradient }, clipOf(rule, row), coefficients);
    const updated = updateBy(referenceRule(rule), coefficients, { weights, gradient: seen, state });
    return { ...updated.state, weights: updated.weights };
  };
  const plain = update(operands), sums: Record<string, Float64Array> = Object.fromEntries(['weights', ...slots].map((name) => [name, new Float64Array(those.length)]));
  const add = (change: (sign: number) => Operands): void => {
    const [up, down] = [update(change(1)), update(change(-1))];
    for (const name of Object.keys(sums)) {
      const sum = sums[name]!, u = up[name]!, d = down[name]!, p = plain[name]!;
      for (let i = 0; i < sum.length; i++) sum[i]! += Math.max(Math.abs(u[i]! - p[i]!), Math.abs(d[i]! - p[i]!));
    }
  };
  const gradientErrors = taken(those, part.gradientError);
  add((sign) => ({ ...operands, gradient: moved(operands.gradient, gradientErrors, sign) }));
  if (movesAll) moves(operands).forEach(add);
  const bound = (name: string, before: Float64Array, i: number): number => {
    // Cumulative L1 adds up what it moved a weight by: a difference of two weights, which has their roundings.
    const between = name === 'cumulative' ? 4 * Math.abs(plain['weights']![i]!) : 0, now = plain[name]![i]!;
    return 2 * sums[name]![i]! + U * (between + FEW * (Math.abs(now) + Math.abs(before[i]!)) + MANY * Math.abs(now - before[i]!));
  };
  those.forEach((element, i) => {
    allowed.parameters[at + element] = bound('weights', operands.weights, i);
    slots.forEach((slot, s) => { allowed.state[first + s * arena.stride + element] = bound(slot, operands.state[slot] as Float64Array, i); });
  });
}

const noneOf = (look: Look<UpdatedShape>): Updated & Allowed =>
  ({ parameters: noneAllowed(look, 'parameters'), state: noneAllowed(look, 'state') });

/** An update from stored gradients, perhaps times a factor that is a norm's. */
const fromGradients = (look: Look<UpdateShape>, row: Row, replica: number, factorOf: (tensor: number) => { scale: number; coefficients: Coefficients; error: number }, allowed: ReturnType<typeof noneOf>): void => {
  const { stride } = look.shape.arena, gradients = look.floats('gradients');
  for (const { tensor, at, length } of stretches(look)) {
    const { scale, coefficients, error } = factorOf(tensor), from = replica * stride + at;
    allowPart(look, allowed, {
      row, coefficients, at: from, state: stateAt(look.shape, replica, at), length,
      gradient: (i) => scale * gradients[from + i]!, gradientError: (i) => error * Math.abs(scale * gradients[from + i]!),
    });
  }
};

export const update: Bound<UpdateShape> = (look) => {
  const allowed = noneOf(look);
  eachUpdated(look, (row, replica) =>
    fromGradients(look, row, replica, (tensor) => ({ scale: 1, coefficients: coefficientsOf(look.shape.rule, row, tensor), error: 4 * U }), allowed));
  return allowed;
};

export const scaledUpdate: Bound<UpdateShape> = (look) => {
  const allowed = noneOf(look);
  eachUpdated(look, (row, replica) => {
    if (isSkipped(look, row, replica, false)) return;
    fromGradients(look, row, replica, (tensor) => ({ ...scaled(look, row, replica, tensor), error: MANY * U }), allowed);
  });
  return allowed;
};

/** Gradients that are made and used at once: what their products may be off goes into the update. */
function allowLayer(look: Look<UpdatedShape>, row: Row, replica: number, layer: Layer, allowed: ReturnType<typeof noneOf>): void {
  const { batch, inWidth, outWidth, input, delta } = layer;
  const x = squares({ data: input, at: 0, rows: batch, columns: inWidth }).ofColumns, d = squares({ data: delta, at: 0, rows: batch, columns: outWidth }).ofColumns;
  const allow = (tensor: number, offset: number, ofInputs: Float64Array): void => {
    const gradient = look.gradientOf(replica, tensor);
    allowPart(look, allowed, {
      row, coefficients: coefficientsOf(look.shape.rule, row, tensor), at: replica * look.shape.arena.stride + offset,
      state: stateAt(look.shape, replica, offset), length: gradient.length, gradient: (i) => gradient[i]!,
      gradientError: (i) => U * (LAMBDA * sumError(ofInputs[Math.floor(i / outWidth)]!, d[i % outWidth]!, batch, gradient[i]!) + 4 * Math.abs(gradient[i]!)),
    });
  };
  allow(layer.weightTensor, layer.weight, x);
  allow(layer.biasTensor, layer.bias, Float64Array.of(batch));
}

export const denseWeightUpdate: Bound<DenseWeightUpdateShape> = (look) => {
  const allowed = noneOf(look);
  eachActive(look, (row, replica) => allowLayer(look, row, replica, updatedLayer(look, replica), allowed));
  return allowed;
};

export const networkWeightUpdate: Bound<NetworkWeightUpdateShape> = (look) => {
  const allowed = noneOf(look);
  eachActive(look, (row, replica) => updatedLayers(look, replica).forEach((layer) => allowLayer(look, row, replica, layer, allowed)));
  return allowed;
};
