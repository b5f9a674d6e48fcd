/** State of an optim in a safetensors file: the slots of every view by the names of checkpoints, and where it stands. */

import { BadFileError, NonFiniteError } from '../errors.ts';
import { refusedValue, type NonFiniteOption } from '../files/finite.ts';
import type { Rule } from '../kernels/rule.ts';
import { checkSums, withChecksums } from '../files/checksums.ts';
import { ofFile } from '../files/fault.ts';
import { slotName, type Arena } from '../model/arena.ts';
import { asFloat32, f32Tensor, readSafetensors, writeSafetensors, type Tensor as FileTensor } from '../files/safetensors.ts';
import type { Tensor } from './tensors.ts';

/** From 2 on with checksums and layouts. */
const FORMAT = '2';
const FORMAT_KEY = 'gradshader.optim.format';
const PROGRESS_KEY = 'gradshader.optim';

/** Where an optim stands, beyond the state on the GPU. */
export interface Progress {
  /** Updates encoded. */
  readonly step: number;
  /** Updates left out. */
  readonly skipped: number;
  /** Per tensor: the sum of learning rate * l1 so far (cumulative L1), and the last learning rate (FTRL). */
  readonly l1Totals: readonly number[];
  readonly rates: readonly number[];
}

export interface Saved {
  readonly progress: Progress;
  /** As it lies on the GPU. */
  readonly state: Float32Array<ArrayBuffer>;
}

export interface FileLayout {
  readonly tensors: readonly Tensor[];
  readonly rule: Rule;
  readonly arena: Arena;
}

interface Entry {
  readonly name: string;
  readonly tensor: Tensor;
  readonly slot: string;
  readonly shape: readonly number[];
}

const shapeOf = ({ length, unit }: Tensor): readonly number[] => {
  if (unit === undefined) return [length];
  return unit.layout === 'in-out' ? [unit.inputs, unit.outputs] : [unit.outputs, unit.inputs];
};

const entries = ({ tensors, arena }: FileLayout): Entry[] => tensors.flatMap((tensor) =>
  arena.slots.map((slot) => ({ name: slotName(slot, tensor.name), tensor, slot, shape: shapeOf(tensor) })));

/** A square weight's shape is the same either way. */
const layoutsOf = ({ tensors }: FileLayout): (string | null)[] => tensors.map(({ unit }) => unit?.layout ?? null);

/** @throws NonFiniteError naming the first value that is not finite and not allowed */
export function writeState(layout: FileLayout, { progress, state }: Saved, options: NonFiniteOption = {}): Uint8Array<ArrayBuffer> {
  const tensors = new Map(entries(layout).map(({ name, tensor, slot, shape }): [string, FileTensor] => {
    const values = layout.arena.take(tensor, state, 0, slot), refused = refusedValue(values, options);
    if (refused !== undefined) throw new NonFiniteError(progress.step, name, 0, `Saving: ${refused}`, true);
    return [name, f32Tensor(shape, values)];
  }));
  const names = layout.tensors.map(({ name }) => name);
  return writeSafetensors(tensors, withChecksums(tensors, {
    [FORMAT_KEY]: FORMAT,
    [PROGRESS_KEY]: JSON.stringify({ rule: layout.rule.name, names, layouts: layoutsOf(layout), ...progress }),
  }));
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function readProgress(text: string | undefined, layout: FileLayout, file: string): Progress {
  const { rule, tensors } = layout;
  let found: Partial<Progress> & { readonly rule?: unknown; readonly names?: unknown; readonly layouts?: unknown };
  try {
    found = JSON.parse(text ?? 'null') as typeof found ?? {};
  } catch (error) {
    throw new BadFileError(file, `${PROGRESS_KEY} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const names = tensors.map(({ name }) => name);
  if (found.rule !== rule.name || JSON.stringify(found.names) !== JSON.stringify(names)) {
    throw new BadFileError(file, `it is the state of ${String(found.rule)} for ${String(found.names)}; this optim is ${rule.name} for ${names.join()}.`);
  }
  const layouts = layoutsOf(layout);
  const { step, skipped, l1Totals, rates, layouts: saved = layouts } = found;
  if (JSON.stringify(saved) !== JSON.stringify(layouts)) {
    throw new BadFileError(file, `its weights lie as ${JSON.stringify(saved)}, those of this optim as ${JSON.stringify(layouts)}. Give its views the layout the state was saved with.`);
  }
  const isList = (list: unknown): list is number[] => Array.isArray(list) && list.length === names.length && list.every(Number.isFinite);
  if (!isCount(step) || !isCount(skipped) || skipped! > step! || !isList(l1Totals) || !isList(rates)) {
    throw new BadFileError(file, `${PROGRESS_KEY} lacks a count of updates or its sums.`);
  }
  return { step: step!, skipped: skipped!, l1Totals, rates };
}

/** @throws BadFileError when it is no such file, or that of another optim, or holds a value that is not allowed */
export const readState = (layout: FileLayout, bytes: Uint8Array, file: string, options: NonFiniteOption = {}): Saved =>
  ofFile(file, () => opened(layout, bytes, file, options));

function opened(layout: FileLayout, bytes: Uint8Array, file: string, options: NonFiniteOption): Saved {
  const { tensors, metadata } = readSafetensors(bytes, file);
  const format = metadata[FORMAT_KEY];
  if (format !== FORMAT && format !== '1') {
    throw new BadFileError(file, format === undefined
      ? `it holds no state of an optim (no ${FORMAT_KEY} in its metadata).`
      : `its format version is ${format}; this version reads 1 to ${FORMAT}. Update gradshader.`);
  }
  checkSums(tensors, metadata, file, format !== FORMAT);
  const progress = readProgress(metadata[PROGRESS_KEY], layout, file);
  const wanted = entries(layout);
  const extra = [...tensors.keys()].find((name) => !wanted.some((entry) => entry.name === name));
  if (extra !== undefined) throw new BadFileError(file, `tensor ${extra} does not belong to this optim.`);
  const state = new Float32Array(layout.arena.length);
  for (const { name, tensor, slot, shape } of wanted) {
    const found = tensors.get(name);
    if (found === undefined) throw new BadFileError(file, `tensor ${name} is missing.`);
    if (found.dtype !== 'F32' || found.shape.join() !== shape.join()) {
      throw new BadFileError(file, `tensor ${name} should be F32 [${shape}], is ${found.dtype} [${found.shape}].`);
    }
    const values = asFloat32(found), refused = refusedValue(values, options);
    if (refused !== undefined) throw new BadFileError(file, `tensor ${name}: ${refused}`);
    layout.arena.put(tensor, values, state, 0, slot);
  }
  return { progress, state };
}
