/** Runs one dispatch of one kernel through the library's own Program. */
import type { Device } from '../../src/device/index.ts';
import { ROW_BINDING, type Constants, type DispatchShape, type Grid, type Kernel } from '../../src/kernels/kernel.ts';
import type { RuleName } from '../../src/kernels/rule.ts';
import type { TensorSettings } from '../../src/model/hyperparameters.ts';
import type { Numbered } from '../../src/model/numbers.ts';
import type { Grouping } from '../../src/compile/groups.ts';
import { rowEntryBytes, rowTable, writeRow, type RowHeader } from '../../src/compile/rows.ts';
import { dispatchOf, type Dispatch } from '../../src/scheduler/dispatch.ts';
import type { ReadRange } from '../../src/scheduler/executor.ts';
import { Program } from '../../src/webgpu/program.ts';
import { wgslOf } from '../../src/webgpu/wgsl.ts';
import type { Case } from '../hosts/cases.ts';
import { Contents, type Place } from './contents.ts';

/** Changes a kernel's composed text: the mutation tests' way in. */
export type Transform = (kernel: string, code: string) => string;

export interface KernelCase extends Case {
  readonly kernel: string;
  run(device: Device, log: (line: string) => void, transform?: Transform): Promise<void>;
}

/** A device, and what is done to every kernel's text before it runs there. */
export interface Bench {
  readonly device: Device;
  readonly transform: Transform;
}

/** One case of one kernel. */
export const kernelCase = (
  kernel: string, what: string, run: (bench: Bench) => Promise<void>, features: readonly string[] = [],
): KernelCase => ({
  kernel,
  features,
  name: `${kernel}: ${what}`,
  run: (device, _log, transform = (_kernel, code) => code) => run({ device, transform }),
});

/** One replica's entry in the row; whatever a kernel does not need has a default. */
export interface Row {
  readonly step?: number;
  readonly position?: number;
  readonly count?: number;
  readonly active?: boolean;
  readonly seed?: number;
  /** Instead of a seed: all 64 bits of the Philox key, which a seed of 53 bits cannot reach. */
  readonly key?: readonly [number, number];
  readonly order?: number;
  readonly slot?: number;
  readonly tensors?: readonly TensorSettings[];
  /** Drop probabilities. */
  readonly dropouts?: readonly number[];
  /** Of activations and the loss, behind the dropouts. */
  readonly numbers?: readonly Numbered[];
  /** Of the loss's mean. Default the samples of the group. */
  readonly divisor?: number;
  readonly rule?: RuleName;
  readonly t?: number;
  /** Bias corrections are left to the GPU. */
  readonly counted?: boolean;
  /** Threshold of the clip. */
  readonly clip?: number;
  /** Sums behind cumulative L1, by tensor. */
  readonly l1Totals?: readonly number[];
  readonly averageWeight?: number;
  readonly averageStart?: number;
  readonly averageEvery?: number;
  readonly group?: RowHeader['group'];
}

/** Bytes into a row's entry, as `shaders/lib/row.wgsl` says. */
const SEED_OFFSET = 16;

/** Every tensor in a group of its own, and none but a middle one in that of its own number. */
const turnedRound = (tensors: number): Grouping => {
  const of = Array.from({ length: tensors }, (_, i) => tensors - 1 - i);
  return { of, first: of };
};

/** One row per replica as `rows.ts` writes it for the GPU. */
export function tableOf(rows: readonly Row[], { row: { replicas: _, ...shape } }: DispatchShape): Uint8Array<ArrayBuffer> {
  const bytes = rowEntryBytes(shape);
  const table = new Uint8Array(rows.length * bytes);
  const numbers = rowTable(table.buffer);
  rows.forEach((row, replica) => {
    const { step = 0, position = 0, count = 0, active = true, order = 0, slot = 0, seed = 0, rule = 'sgd', t = 1 } = row;
    const settings = { seed, tensors: row.tensors ?? [], dropouts: row.dropouts ?? [], numbers: row.numbers ?? [], clip: row.clip ?? 0 };
    const { group, averageWeight = 0, averageStart = 0, averageEvery = 0, counted = false, l1Totals = [] } = row;
    const header = { step, position, count, active, order, slot, averageWeight, averageStart, averageEvery, ...(group !== undefined && { group }), ...(row.divisor !== undefined && { divisor: row.divisor }) };
    const clock = { step, steps: step + 1, t, counted, l1Totals };
    // Without tensors the dropouts would land in the tensors' place.
    const filler = Array.from({ length: shape.tensors }, (_, i) => settings.tensors[i] ?? plainSettings);
    const own = shape.groups < shape.tensors ? undefined : { grouping: turnedRound(shape.tensors) };
    writeRow(numbers, replica * bytes, header, { settings: { ...settings, tensors: filler }, rule, groups: shape.groups }, clock, own);
    row.key?.forEach((word, i) => { numbers.words[(replica * bytes + SEED_OFFSET) / 4 + i] = word; });
  });
  return table;
}

/** Of the sgd that stands in rows of kernels without hyperparameters. */
export const plainSettings: TensorSettings = { values: { learningRate: 0, weightDecay: 0 }, penalties: {}, role: 'weight', inputs: 1 };

export interface Run<Shape extends DispatchShape> {
  readonly kernel: Kernel<Shape>;
  readonly shape: Shape;
  readonly rows: readonly Row[];
  /** Contents by binding name. */
  readonly buffers: Readonly<Record<string, Contents>>;
  /** Places of the bindings that have a view. */
  readonly places?: Readonly<Record<string, Place>>;
}

/** The dispatch with another text: all of it in one piece. */
const transformed = (dispatch: Dispatch, transform: Transform): Dispatch =>
  ({ ...dispatch, constants: {}, extensions: [], texts: [transform(dispatch.kernel, wgslOf(dispatch))] });

/** The writable buffers after one dispatch, by binding name. */
export async function runKernel<Shape extends DispatchShape>(
  { device, transform }: Bench, { kernel, shape, rows, buffers, places = {} }: Run<Shape>,
): Promise<Record<string, Contents>> {
  const table = tableOf(rows, shape);
  // An optional binding is one that has contents.
  const bindings = kernel.bindings.filter(({ name, isOptional }) => isOptional !== true || buffers[name] !== undefined);
  const written = bindings.filter(({ access }) => access === 'read-write').map(({ name }) => name);
  const read = written.map((name): ReadRange => ({ buffer: name, offset: 0, bytes: buffers[name]!.words.byteLength }));
  const operands = Object.fromEntries(bindings.map(({ name }) => [name, { buffer: name, ...places[name] }]));
  const dispatch = dispatchOf(kernel, shape, kernel.name, operands);
  const program = await Program.create(device, {
    owner: 'case',
    buffers: bindings.filter(({ name }) => name !== ROW_BINDING.name).map(({ name }) => ({
      name, bytes: buffers[name]!.words.byteLength, category: 'tables', contents: buffers[name]!.words,
    })),
    rowBytes: table.byteLength, capacity: 1, readBytes: read.reduce((sum, { bytes }) => sum + bytes, 0),
  });
  try {
    const plan = await program.load({
      name: kernel.name, dispatches: [transformed(dispatch, transform)], buffers: {}, placements: {}, results: {}, notes: [], tables: {}, flops: 0, bytes: 0,
    });
    const stride = new Uint8Array(program.rowStride);
    stride.set(table);
    const { outputs } = await program.submit({ plan, steps: 1, rows: stride, read: { outputs: read } }).collect();
    return Object.fromEntries(written.map((name, i) => {
      const words = new Uint32Array(outputs[i]!);
      const result = new Contents(words.length);
      result.words.set(words);
      return [name, result];
    }));
  } finally {
    program.destroy();
  }
}

/** The kernel with other constants (a workgroup of another size), and the grid that goes with them. */
export const withConstants = <Shape extends DispatchShape>(
  kernel: Kernel<Shape>, constants: Constants, grid: (usual: Grid) => Grid,
): Kernel<Shape> => ({
  ...kernel,
  constants: (shape) => ({ ...kernel.constants(shape), ...constants }),
  grid: (shape) => grid(kernel.grid(shape)),
});

/** Row shape of a kernel that reads no hyperparameters; one entry each, as WGSL has no empty arrays. */
export const rowShape = (replicas: number, tensors = 1, layers = 1, groups = tensors): DispatchShape['row'] => ({ replicas, tensors, groups, layers });
