/**
 * Bounds on the kernels that work on a caller's buffers: those on the trainer's kernels, which compute the same. What a view
 * kernel had is laid out as the arena kernel would have had it, and what that is allowed is carried back.
 */

import type { Row } from '../float64/rows.ts';
import { needsNorms, stateSlots, type Rule } from '../kernels/rule.ts';
import type { Dispatch } from '../scheduler/dispatch.ts';
import type { Look } from '../verify/look.ts';
import type { UnitView } from '../kernels/view-unit-constraint.ts';
import type { OptimBuild } from './plan.ts';
import { viewsOf, type Pair } from './pairs.ts';

type BoundOf = (kernel: string, look: Look) => Readonly<Record<string, Float32Array>>;

/** What a stage of an update left, by buffer: as it was found, as it should be, as it is. */
export interface Left {
  readonly row: Row;
  readonly before: (buffer: string) => Float64Array;
  readonly want: (buffer: string) => Float64Array;
  readonly got: (buffer: string) => Float32Array;
  readonly words: (buffer: string) => Uint32Array;
}

/** By how much each float of a buffer may differ. */
export type AllowedOf = (buffer: string) => Float32Array;

/** A tensor's floats: into the bound weights and gradients, and into a slot of state. */
interface Part {
  readonly tensor: number;
  readonly state: number;
  readonly weights: number;
  readonly gradients?: number;
  readonly length: number;
}

const padded = (length: number): number => 4 * Math.ceil(length / 4);

/** Parts one behind the other, each a whole number of vec4s. */
class Layout {
  readonly starts: readonly number[];
  readonly stride: number;

  constructor(readonly parts: readonly Part[], readonly rule: Rule, readonly stateStride: number) {
    let at = 0;
    this.starts = parts.map(({ length }) => {
      const start = at;
      at += padded(length);
      return start;
    });
    this.stride = at;
  }

  /** From a buffer of the caller's. */
  flat<Floats extends Float64Array | Float32Array>(of: 'weights' | 'gradients', data: Floats): Floats {
    const out = new (data.constructor as new (length: number) => Floats)(this.stride);
    this.parts.forEach((part, i) => out.set(data.subarray(part[of]!, part[of]! + part.length), this.starts[i]!));
    return out;
  }

  #eachSlot(work: (there: number, here: number, length: number) => void): void {
    stateSlots(this.rule).forEach((_, slot) => this.parts.forEach(({ state, length }, i) =>
      work(slot * this.stateStride + state, slot * this.stride + this.starts[i]!, padded(length))));
  }

  state<Floats extends Float64Array | Float32Array>(data: Floats): Floats {
    const out = new (data.constructor as new (length: number) => Floats)(Math.max(4, stateSlots(this.rule).length * this.stride));
    this.#eachSlot((there, here, length) => out.set(data.subarray(there, there + length), here));
    return out;
  }

  /** Carries back what is allowed. */
  put(found: Readonly<Record<string, Float32Array>>, weights: Float32Array, state: Float32Array): void {
    this.parts.forEach((part, i) => weights.set(found['parameters']!.subarray(this.starts[i]!, this.starts[i]! + part.length), part.weights));
    this.#eachSlot((there, here, length) => state.set(found['state']!.subarray(here, here + length), there));
  }

  /** What an arena kernel with this shape looked at. */
  look(left: Left, pair: number, shape: object, words: Readonly<Record<string, Uint32Array>>): Look {
    const weights = `parameters.${pair}`;
    const of = (read: (buffer: string) => Float64Array | Float32Array) => {
      const known = new Map<string, Float64Array | Float32Array>();
      return (binding: string): Float64Array & Float32Array => {
        if (binding === 'norms') return read('norms') as Float64Array & Float32Array;
        if (!known.has(binding)) {
          known.set(binding, binding === 'state' ? this.state(read('state'))
            : binding === 'gradients' ? this.flat('gradients', read(`gradients.${pair}`)) : this.flat('weights', read(weights)));
        }
        return known.get(binding)! as Float64Array & Float32Array;
      };
    };
    const want = of(left.want), before = of(left.before);
    return {
      shape: { ...shape, rule: this.rule, arena: { stride: this.stride } } as unknown as Look['shape'],
      constants: { CHUNK: 1 }, views: {}, rows: [left.row], floats: want, want, before, got: of(left.got),
      words: (binding) => words[binding] ?? left.words(binding), gradientOf: () => new Float64Array(0),
    };
  }
}

const pairOf = ({ bindings }: Dispatch): number =>
  Number(/\d+$/.exec(bindings.find(({ name }) => name === 'parameters')!.buffer)![0]);

function allowUpdate(boundOf: BoundOf, { rule, stride }: OptimBuild, pair: Pair, i: number, shape: object, left: Left, allowed: AllowedOf): void {
  const layout = new Layout(viewsOf(pair), rule, stride), chunks = new Uint32Array(layout.stride / 4);
  layout.parts.forEach(({ tensor, length }, k) => chunks.fill(tensor, layout.starts[k]! / 4, (layout.starts[k]! + padded(length)) / 4));
  const look = layout.look(left, i, { ...shape, chunks: chunks.length }, { chunks });
  layout.put(boundOf(needsNorms(rule) ? 'scaled-update' : 'update', look), allowed(`parameters.${i}`), allowed('state'));
}

function allowUnits(boundOf: BoundOf, { rule, stride }: OptimBuild, i: number, shape: { readonly weights: readonly UnitView[] }, left: Left, allowed: AllowedOf): void {
  for (const { tensor, state, weights, inputs, outputs } of shape.weights) {
    const layout = new Layout([{ tensor, state, weights, length: inputs * outputs }], rule, stride);
    const look = layout.look(left, i, { ...shape, weights: [{ offset: 0, inputs, paddedOutputs: outputs, tensor }] }, {});
    layout.put(boundOf('unit-constraint', look), allowed(`parameters.${i}`), allowed('state'));
  }
}

function allowNorms(boundOf: BoundOf, { pairs, rule, tensors }: OptimBuild, shape: object, left: Left, allowed: AllowedOf): void {
  const lengths = new Uint32Array(2 * tensors);
  for (const { members } of pairs) for (const { tensor, index } of members) lengths[2 * index + 1] = padded(tensor.length) / 4;
  const look = new Layout([], rule, 0).look(left, 0, shape, { tensors: lengths });
  allowed('norms').set(boundOf('tensor-norms', look)['norms']!);
}

/** What one dispatch may be off. */
export function allow(boundOf: BoundOf, build: OptimBuild, dispatch: Dispatch, left: Left, allowed: AllowedOf): void {
  const { kernel, shape } = dispatch, i = pairOf(dispatch);
  if (kernel === 'view-norms') allowNorms(boundOf, build, shape, left, allowed);
  else if (kernel === 'view-update') allowUpdate(boundOf, build, build.pairs[i]!, i, shape, left, allowed);
  else allowUnits(boundOf, build, i, shape as unknown as { weights: readonly UnitView[] }, left, allowed);
}
