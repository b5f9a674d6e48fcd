/** Which views share a dispatch: those in the same two buffers, as far as one binding reaches. */

import { OutOfMemoryError } from '../errors.ts';
import type { TensorView } from '../kernels/view-update.ts';
import type { BufferRange } from '../webgpu/buffers.ts';
import type { Tensor } from './tensors.ts';

/** Views over one range of weights and one of gradients. `index` is their place in the list of all tensors. */
export interface Pair {
  readonly parameters: BufferRange;
  readonly gradients: BufferRange;
  readonly members: readonly { readonly tensor: Tensor; readonly index: number }[];
}

type Member = Pair['members'][number];
type Limits = Pick<GPUSupportedLimits, 'maxStorageBufferBindingSize' | 'minStorageBufferOffsetAlignment'>;

function rangeOf(buffer: GPUBuffer, starts: readonly number[], members: readonly Member[], alignment: number): BufferRange {
  const first = starts.reduce((a, b) => Math.min(a, b));
  const end = members.reduce((last, { tensor }, i) => Math.max(last, starts[i]! + tensor.length), 0);
  const offset = Math.floor((4 * first) / alignment) * alignment;
  return { buffer, offset, size: 4 * end - offset };
}

const pairOf = (members: readonly Member[], { minStorageBufferOffsetAlignment: alignment }: Limits): Pair => ({
  parameters: rangeOf(members[0]!.tensor.buffer, members.map(({ tensor }) => tensor.weightsAt), members, alignment),
  gradients: rangeOf(members[0]!.tensor.gradients, members.map(({ tensor }) => tensor.gradientsAt), members, alignment),
  members,
});

/** One pair for all views of two buffers; more where their range is larger than a binding may be. */
function pairsIn(members: readonly Member[], limits: Limits): Pair[] {
  const pairs: Pair[] = [];
  for (const member of members) {
    const last = pairs.at(-1);
    const both = last === undefined ? undefined : pairOf([...last.members, member], limits);
    const fits = ({ parameters, gradients }: Pair): boolean => Math.max(parameters.size, gradients.size) <= limits.maxStorageBufferBindingSize;
    if (both !== undefined && fits(both)) pairs.splice(-1, 1, both);
    else pairs.push(pairOf([member], limits));
    const made = pairs.at(-1)!;
    if (!fits(made)) {
      const { name, length } = member.tensor;
      throw new OutOfMemoryError(
        `createOptim: ${name}: ${length} floats are more than one binding may hold here (maxStorageBufferBindingSize ` +
          `${limits.maxStorageBufferBindingSize}). Ask for that limit with the device, or give the tensor as several views.`,
        4 * length,
      );
    }
  }
  return pairs;
}

/** @throws OutOfMemoryError where a view is larger than a binding may be */
export function pairsOf(tensors: readonly Tensor[], limits: Limits): Pair[] {
  const found = new Map<GPUBuffer, Map<GPUBuffer, Member[]>>();
  tensors.forEach((tensor, index) => {
    const of = found.get(tensor.buffer) ?? new Map<GPUBuffer, Member[]>();
    found.set(tensor.buffer, of.set(tensor.gradients, [...(of.get(tensor.gradients) ?? []), { tensor, index }]));
  });
  return [...found.values()].flatMap((of) => [...of.values()]).flatMap((members) =>
    pairsIn(members.toSorted((a, b) => a.tensor.weightsAt - b.tensor.weightsAt), limits));
}

/** A pair's views as its kernels address them. */
export const viewsOf = ({ parameters, gradients, members }: Pair): TensorView[] =>
  members.map(({ tensor: { offset, weightsAt, gradientsAt, length }, index }) => ({
    tensor: index, state: offset, weights: weightsAt - parameters.offset / 4, gradients: gradientsAt - gradients.offset / 4, length,
  }));
