/** Training steps by a network's operations as they are before any fusion, in float64, with the errors that f32 may make. */
import { ACTIVATIONS } from '../../src/kernels/activations/all.ts';
import type { ActivationName } from '../../src/kernels/activations/index.ts';
import type { Loss } from '../../src/model/losses/index.ts';
import type { Network } from '../../src/model/network.ts';
import type { Op, OpGraph, Step, TensorId, ValueId } from '../../src/ops/op.ts';
import { activationOf, dropoutFactors, dropoutRate, type Activation, type ActivationReference } from '../../src/reference/index.ts';
import { build, exact, exponentialError, LAMBDA, map, product, scaledBy, sum, U, type Bounded } from './bounded.ts';
import { lossGradient, type Taught } from './loss.ts';

/** What one training is told. */
export interface Training {
  readonly graph: OpGraph;
  readonly network: Network;
  readonly loss: Loss;
  readonly seed: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly l2: number;
  readonly activityL1: number;
  readonly activityL2: number;
}

export interface Batch extends Taught {
  /** [count, width] */
  readonly inputs: Float64Array;
  readonly step: number;
}

export interface State {
  readonly weights: readonly Bounded[];
  readonly momenta: readonly Bounded[];
}

export interface Evaluated extends State {
  readonly gradients: readonly Bounded[];
}

/** Multiplies what one operation makes: a mistake of one per cent. */
export interface Mistake {
  readonly op: Op;
  readonly factor: number;
}

/** Values of one step, and what each activation was made from. */
class Values {
  readonly #values = new Map<ValueId, Bounded>();
  readonly origins = new Map<ValueId, ValueId>();

  get(id: ValueId): Bounded {
    const found = this.#values.get(id);
    if (found === undefined) throw new Error(`${id} is read before it is made.`);
    return found;
  }

  set(id: ValueId, value: Bounded): void {
    this.#values.set(id, value);
  }
}

/** |f'(x)|, by a central difference. */
const steepness = (f: (x: number) => number, x: number): number => Math.abs(f(x + 1e-4) - f(x - 1e-4)) / 2e-4;

/** Where slopes jump: next to these either may be taken. */
const KINKS: Readonly<Record<string, readonly number[]>> = { relu: [0], leakyRelu: [0], elu: [0], selu: [0], hardSwish: [-3, 3] };

/** Where there is no exponential in it. */
const isStraight = (name: string, z: number): boolean => ['leakyRelu', 'hardSwish'].includes(name) || (['elu', 'selu'].includes(name) && z > 0);

/** f(z): smooth ones are made of exponentials of at most -|z|; those with a slope from z multiply them by it. */
function activated(z: Bounded, name: string, number: number | undefined): Bounded {
  const { activate, stored }: ActivationReference = activationOf(name as Activation, number), scale = name === 'silu' ? number! : 1;
  // What is surely below a ReLU's kink is exactly 0.
  if (name === 'relu') return map(z, (x, e) => [activate(x), x < -LAMBDA * e ? 0 : e]);
  const error = (x: number): number => (isStraight(name, x) ? 0 : exponentialError(scale * x) * Math.exp(-Math.abs(scale * x)) * (stored === 'input' ? Math.max(1, Math.abs(x)) : 1));
  return map(z, (x, e) => [activate(x), Math.hypot(e * steepness(activate, x), error(x), 8 * U * activate(x))]);
}

/** What a slope jumps by, where z may lie on either side of a kink. */
function jump(name: string, number: number | undefined, z: number, e: number): number {
  const near = KINKS[name]?.find((kink) => e > 0 && Math.abs(z - kink) <= LAMBDA * e);
  if (near === undefined) return 0;
  const { activate, slope } = activationOf(name as Activation, number), of = (x: number): number => slope(ACTIVATIONS[name as ActivationName].stored === 'output' ? activate(x) : x);
  return Math.abs(of(near + 1e-6) - of(near - 1e-6));
}

/** g f'(z), from what is stored, the activation's input z or its output. */
function sloped(g: Bounded, name: string, number: number | undefined, z: Bounded, stored: Bounded): Bounded {
  const { slope, stored: from }: ActivationReference = activationOf(name as Activation, number);
  return map(g, (x, e, i) => {
    const s = stored.value[i]!, ds = stored.error[i]!, at = slope(s), jumped = (Math.abs(x) * jump(name, number, z.value[i]!, z.error[i]!)) / LAMBDA;
    if (name === 'relu') return [x * at, jumped > 0 ? e + jumped : e * at];
    // Fused, it is taken of what a dropout made of s, with its scale undone: two roundings more.
    const slopeError = steepness(slope, s) * Math.hypot(ds, 4 * U * s);
    return [x * at, Math.hypot(e * (Math.abs(at) + (jumped > 0 ? 1 : 0)), x * slopeError, 4 * U * x * (from === 'input' ? Math.max(0.5, at) : at), jumped)];
  });
}

/** Learned slopes, one for all columns or one for each. */
const slopeAt = ({ value, error }: Bounded, i: number): readonly [number, number] => [value[i % value.length]!, error[i % value.length]!];

/** Whether z may lie on either side of 0. */
const isNear = (x: number, e: number): boolean => e > 0 && Math.abs(x) <= LAMBDA * e;

/** z where z > 0, else a z. */
const learned = (z: Bounded, slopes: Bounded): Bounded => map(z, (x, e, i) => {
  const [a, da] = slopeAt(slopes, i), own = x > 0 ? 1 : a;
  return [own * x, Math.hypot(e * (isNear(x, e) ? Math.max(1, Math.abs(a)) : Math.abs(own)), x > 0 ? 0 : x * da, U * own * x)];
});

/** g where z > 0, else a g. */
const learnedBack = (g: Bounded, z: Bounded, slopes: Bounded): Bounded => map(g, (x, e, i) => {
  const [a, da] = slopeAt(slopes, i), near = isNear(z.value[i]!, z.error[i]!), own = z.value[i]! > 0 ? 1 : a;
  const jumped = near ? (Math.abs(x) * Math.abs(1 - a)) / LAMBDA : 0;
  return [own * x, Math.hypot(e * (Math.abs(own) + Number(near)), own === a ? x * da : 0, U * own * x, jumped)];
});

export class Evaluation {
  readonly #training: Training;
  readonly #batch: Batch;
  readonly #state: State;
  readonly #mistake: Mistake | undefined;
  readonly #values = new Values();
  readonly #gradients: (Bounded | undefined)[] = [];

  constructor(training: Training, state: State, batch: Batch, mistake?: Mistake) {
    this.#training = training;
    this.#state = state;
    this.#batch = batch;
    this.#mistake = mistake;
  }

  run(): Evaluated {
    for (const op of this.#training.graph.ops) this.#run(op);
    const none = (length: number): Bounded => exact(new Float64Array(length));
    // Of what is frozen there is none.
    const gradients = this.#training.network.tensors.map(({ length }, tensor) => this.#gradients[tensor] ?? none(length));
    return { gradients, ...this.#update(gradients) };
  }

  get #count(): number {
    return this.#batch.count;
  }

  #width(id: ValueId): number {
    return this.#training.graph.widths[id]!;
  }

  #made(op: Op, value: Bounded): Bounded {
    return op === this.#mistake?.op ? scaledBy(value, this.#mistake.factor) : value;
  }

  #run(op: Op): void {
    switch (op.op) {
      case 'input': return this.#values.set(op.output, exact(this.#batch.inputs));
      case 'product': return this.#values.set(op.output, this.#made(op, op.kind === 'forward' ? this.#forward(op) : this.#backward(op)));
      case 'map': return this.#values.set(op.output, this.#made(op, op.steps.reduce((value, step) => this.#step(value, step, op.input, op.output), this.#values.get(op.input))));
      case 'columns': return this.#values.set(op.output, this.#made(op, this.#columns(op)));
      case 'loss': return this.#values.set(op.output, this.#made(op, lossGradient(this.#values.get(op.input), this.#training.loss, this.#batch)));
      case 'weightGradient': return this.#add(op.weight, op.adds, this.#made(op, this.#weightGradient(op)));
      case 'columnSum': return this.#add(op.bias, op.adds, this.#made(op, this.#columnSum(this.#values.get(op.delta), this.#width(op.delta))));
      case 'slopeGradient': {
        const z = this.#values.get(op.stored), g = this.#values.get(op.delta), slopes = this.#state.weights[op.slopes]!;
        this.#add(op.slopes, false, this.#made(op, this.#slopeGradient(g, z, slopes.value.length)));
        return this.#values.set(op.output, this.#made(op, learnedBack(g, z, slopes)));
      }
      case 'update': return undefined;
      default: throw new Error(`${op.op} is not among the operations of a network that nothing has fused.`);
    }
  }

  #add(tensor: TensorId, adds: boolean | undefined, gradient: Bounded): void {
    const before = this.#gradients[tensor];
    if ((before !== undefined) !== (adds === true)) throw new Error(`Tensor ${tensor} has a gradient ${adds === true ? 'to add to that is not there' : 'twice'}.`);
    this.#gradients[tensor] = before === undefined ? gradient : sum(before, gradient);
  }

  #columns({ input, from, count, to, other, output }: Extract<Op, { op: 'columns' }>): Bounded {
    const width = this.#width(output), first = this.#values.get(input), second = other === undefined ? undefined : this.#values.get(other);
    const at = (part: keyof Bounded, i: number): number => {
      const row = Math.floor(i / width), column = (i % width) - to;
      if (column >= 0 && column < count) return first[part][row * this.#width(input) + from + column]!;
      return column >= count && second !== undefined ? second[part][row * this.#width(other!) + column - count]! : 0;
    };
    const made = (part: keyof Bounded): Float64Array => Float64Array.from({ length: this.#count * width }, (_, i) => at(part, i));
    return { value: made('value'), error: made('error') };
  }

  #forward({ input, weight, transposed, bias, output }: Extract<Op, { op: 'product' }>): Bounded {
    const depth = this.#width(input), columns = this.#width(output), b = this.#state.weights[bias!]!;
    return product(this.#values.get(input), this.#state.weights[weight]!, [this.#count, columns, depth],
      (row, k) => row * depth + k, (column, k) => (transposed ? column * depth + k : k * columns + column), (column) => [b.value[column]!, b.error[column]!]);
  }

  #backward({ input, weight, transposed, output }: Extract<Op, { op: 'product' }>): Bounded {
    const depth = this.#width(input), columns = this.#width(output);
    return product(this.#values.get(input), this.#state.weights[weight]!, [this.#count, columns, depth],
      (row, k) => row * depth + k, (column, k) => (transposed ? k * columns + column : column * depth + k));
  }

  #weightGradient({ input, delta }: Extract<Op, { op: 'weightGradient' }>): Bounded {
    const rows = this.#width(input), columns = this.#width(delta);
    return product(this.#values.get(input), this.#values.get(delta), [rows, columns, this.#count],
      (row, k) => k * rows + row, (column, k) => k * columns + column);
  }

  #columnSum(delta: Bounded, width: number): Bounded {
    return product(exact([1]), delta, [1, width, this.#count], () => 0, (column, k) => k * width + column);
  }

  /** Sums of g min(z, 0): of each column, or of all. */
  #slopeGradient(g: Bounded, z: Bounded, length: number): Bounded {
    const below = map(z, (x, e) => [Math.min(x, 0), x > LAMBDA * e ? 0 : e]), count = g.value.length / length;
    // Both are read by columns: the column's element of each row.
    return build(length, (column) => {
      const at = (of: Bounded): Bounded => ({ value: of.value.filter((_, i) => i % length === column), error: of.error.filter((_, i) => i % length === column) });
      const { value: [sum], error: [error] } = product(at(g), at(below), [1, 1, count], (_, k) => k, (_, k) => k);
      return [sum!, error!];
    });
  }

  #step(value: Bounded, step: Step, input: ValueId, output: ValueId): Bounded {
    switch (step.step) {
      case 'add': return sum(value, this.#values.get(step.value));
      case 'activate':
        this.#values.origins.set(output, input);
        if (step.slopes !== undefined) return learned(value, this.#state.weights[step.slopes]!);
        return activated(value, step.activation, this.#numberOf(step));
      case 'dropout': return this.#dropped(value, step.dropout.index, step.dropout.stream);
      case 'activity': return this.#penalised(value, this.#values.get(step.stored));
      case 'slope': {
        const isOutput = ACTIVATIONS[step.activation as ActivationName].stored === 'output', { origins } = this.#values;
        return sloped(value, step.activation, this.#numberOf(step), this.#values.get((isOutput ? origins.get(step.stored) : undefined) ?? step.stored), this.#values.get(step.stored));
      }
    }
  }

  /** An activation's own number, where it has one. */
  #numberOf({ entry }: { readonly entry?: number }): number | undefined {
    const { dropouts, numbers } = this.#training.network;
    return entry === undefined ? undefined : numbers[entry - dropouts.length]!.values[0] as number;
  }

  #dropped(value: Bounded, index: number, stream: number): Bounded {
    const { network, seed } = this.#training, rate = network.dropouts[index]!.rate;
    const factors = dropoutFactors(value.value.length, { ...dropoutRate(rate), seed, stream, step: this.#batch.step });
    return map(value, (x, e, i) => [x * factors[i]!, Math.hypot(e * factors[i]!, 2 * U * x * factors[i]!)]);
  }

  #penalised(g: Bounded, a: Bounded): Bounded {
    const { activityL1, activityL2 } = this.#training;
    return map(g, (x, e, i) => {
      const v = a.value[i]!, dv = a.error[i]!;
      const penalty = (activityL1 * Math.sign(v) + activityL2 * v) / this.#count;
      // Of which sign a number is that may be zero nobody knows.
      const signError = dv > 0 && Math.abs(v) <= LAMBDA * dv ? (2 * activityL1) / this.#count / LAMBDA : 0;
      return [x + penalty, Math.hypot(e, (activityL2 * dv) / this.#count, signError, 2 * U * (Math.abs(x) + Math.abs(penalty)))];
    });
  }

  /** m = momentum * m + (g + l2 * w), w -= rate * m; without momentum m is the gradient. Weights only are penalised. */
  #update(gradients: readonly Bounded[]): State {
    const { network, learningRate, momentum, l2 } = this.#training;
    const momenta = gradients.map((gradient, t) => {
      const { isFrozen } = network.tensors[t]!;
      if (isFrozen) return gradient;
      const w = this.#state.weights[t]!, m = this.#state.momenta[t]!, decay = network.tensors[t]!.role === 'weight' ? l2 : 0;
      return map(gradient, (g, e, i) => {
        const value = momentum * m.value[i]! + g + decay * w.value[i]!;
        const size = Math.abs(momentum * m.value[i]!) + Math.abs(g) + Math.abs(decay * w.value[i]!);
        return [value, Math.hypot(momentum * m.error[i]!, e, decay * w.error[i]!, 2 * U * size)];
      });
    });
    const weights = momenta.map((m, t) => map(this.#state.weights[t]!, (w, e, i) => {
      const moved = learningRate * m.value[i]!;
      return moved === 0 && network.tensors[t]!.isFrozen ? [w, e] : [w - moved, Math.hypot(e, learningRate * m.error[i]!, 2 * U * moved, U * (w - moved))];
    }));
    return { weights, momenta };
  }
}

