/** The caller's views, checked, and where their state lies in our arena. */

import { InputError } from '../errors.ts';
import type { Role } from '../model/role.ts';
import { checkOptions, textOf } from '../options.ts';
import { NEEDED_USAGE } from '../webgpu/flags.ts';
import { DEFAULT_GROUP, type Groups, type ParameterView } from './options.ts';

export interface Tensor {
  readonly name: string;
  readonly role: Role;
  readonly group: string;
  readonly buffer: GPUBuffer;
  readonly gradients: GPUBuffer;
  /** Floats into the two buffers. */
  readonly weightsAt: number;
  readonly gradientsAt: number;
  readonly length: number;
  /** In the state arena: contiguous, floats into a slot. */
  readonly shape: readonly [number];
  readonly offset: number;
  readonly unit: { readonly inputs: number; readonly outputs: number; readonly layout: 'in-out' | 'out-in' } | undefined;
}

const fail = (where: string, what: string): never => {
  throw new InputError(`createOptim: ${where}: ${what}`);
};

const isWhole = (value: unknown, least: number): value is number => Number.isSafeInteger(value) && (value as number) >= least;

function checkBuffer(where: string, what: string, buffer: GPUBuffer, offset: number, length: number): void {
  if (typeof buffer !== 'object' || buffer === null || typeof buffer.usage !== 'number') {
    fail(where, `${what} must be a GPUBuffer, got ${textOf(buffer)}.`);
  }
  if ((buffer.usage & NEEDED_USAGE.STORAGE) === 0) {
    fail(where, `${what} was made with usage 0x${buffer.usage.toString(16)}, without GPUBufferUsage.STORAGE (0x80). Kernels cannot bind it.`);
  }
  if (!isWhole(offset, 0)) {
    fail(where, `${what}: the offset counts floats, so it must be a whole number of 0 or more (bytes / 4); got ${textOf(offset)}.`);
  }
  if (4 * (offset + length) > buffer.size) {
    fail(where, `${what}: ${length} floats from ${offset} on end at byte ${4 * (offset + length)}, and the buffer has ${buffer.size}.`);
  }
}

function unitOf(where: string, { shape, layout = 'in-out', kind, length }: ParameterView): Tensor['unit'] {
  if (layout !== 'in-out' && layout !== 'out-in') fail(where, `layout must be 'in-out' or 'out-in', got ${textOf(layout)}.`);
  if (shape === undefined) return undefined;
  const [inputs, outputs] = Array.isArray(shape) && shape.length === 2 ? shape as readonly [number, number] : [NaN, NaN];
  if (kind === 'bias' || !isWhole(inputs, 1) || !isWhole(outputs, 1) || inputs * outputs !== length) {
    fail(where, `shape must be [inputs, outputs] of a weight, with the product ${length} that is its length; got ${textOf(shape)}${kind === 'bias' ? ' for a bias' : ''}.`);
  }
  return { inputs, outputs, layout };
}

function tensorOf(view: ParameterView, i: number, offset: number, groups: Groups): Tensor {
  const { name = `parameters.${i}`, buffer, offset: weightsAt = 0, length, gradient, kind: role = 'weight', group = DEFAULT_GROUP } = checkOptions(
    `createOptim: parameters[${i}]`, view, ['name', 'buffer', 'offset', 'length', 'gradient', 'shape', 'layout', 'kind', 'group'],
  );
  if (typeof name !== 'string' || name === '') fail(`parameters[${i}]`, `name must be a text, got ${textOf(name)}.`);
  if (!isWhole(length, 1)) fail(name, `length must be a whole number of floats, 1 or more; got ${textOf(length)}.`);
  if (role !== 'weight' && role !== 'bias') fail(name, `kind must be 'weight' or 'bias', got ${textOf(role)}.`);
  if (!groups.has(group)) fail(name, `there is no group ${textOf(group)}; there is ${[...groups.keys()].join(', ')}.`);
  const { buffer: gradients, offset: gradientsAt = 0 } = checkOptions(`createOptim: ${name}: gradient`, gradient, ['buffer', 'offset']);
  checkBuffer(name, 'buffer', buffer, weightsAt, length);
  checkBuffer(name, 'gradient.buffer', gradients, gradientsAt, length);
  if (buffer === gradients) {
    fail(name, 'weights and gradient lie in one GPUBuffer. WebGPU forbids to bind a buffer for writing and for reading in one dispatch, ' +
      'whatever the ranges: keep gradients in a buffer of their own.');
  }
  return { name, role, group, buffer, gradients, weightsAt, gradientsAt, length, shape: [length], offset, unit: unitOf(name, view) };
}

function checkOverlaps(tensors: readonly Tensor[]): void {
  const byBuffer = new Map<GPUBuffer, Tensor[]>();
  for (const tensor of tensors) byBuffer.set(tensor.buffer, [...(byBuffer.get(tensor.buffer) ?? []), tensor]);
  for (const list of byBuffer.values()) {
    list.sort((a, b) => a.weightsAt - b.weightsAt).slice(1).forEach((tensor, i) => {
      const before = list[i]!;
      const end = before.weightsAt + before.length;
      if (end > tensor.weightsAt) fail(tensor.name, `it begins at float ${tensor.weightsAt} of its buffer and overlaps ${before.name}, which ends at ${end}.`);
    });
  }
}

/** Floats: a tensor's state starts at 256 bytes. */
const SLOT_ALIGNMENT = 64;

/** @throws InputError naming the view */
export function tensorsOf(views: readonly ParameterView[], groups: Groups): { tensors: readonly Tensor[]; stride: number } {
  if (!Array.isArray(views) || views.length === 0) {
    throw new InputError(`createOptim: parameters must be a list of one view or more, got ${textOf(views)}.`);
  }
  const tensors: Tensor[] = [];
  let stride = 0;
  [...views].forEach((view: ParameterView, i) => { // Holes, too.
    tensors.push(tensorOf(view as ParameterView, i, stride, groups));
    stride += Math.ceil(tensors[i]!.length / SLOT_ALIGNMENT) * SLOT_ALIGNMENT;
  });
  const names = tensors.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) fail(twice, 'two views have this name.');
  checkOverlaps(tensors);
  return { tensors, stride };
}
