/** The self-test of an optim: its plan on copies of all buffers, against float64 and against itself. Loaded when asked for. */

import { now } from '../host.ts';
import { rowTable } from '../compile/rows.ts';
import { NORM_GROUPS, stateSlots } from '../kernels/rule.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';
import { rateOf, testSettings } from '../model/test-settings.ts';
import { uniforms } from '../random.ts';
import type { BufferSpec } from '../scheduler/buffers.ts';
import type { Dispatch } from '../scheduler/dispatch.ts';
import type { Bytes } from '../scheduler/executor.ts';
import type { rowsOf as float64RowsOf } from '../float64/rows.ts';
import type { bounds } from '../verify/bounds.ts';
import type { compareFloats, compareWords } from '../verify/compare.ts';
import type { boundBy, Mirror } from '../verify/mirror.ts';
import type { VerifiedKernel, VerifyReport, WrongNumber } from '../verify/report.ts';
import { VERSION } from '../version.ts';
import { Program, type ReadyPlan } from '../webgpu/program.ts';
import type { OptimParts } from './parts.ts';
import { optimBuffers, rowBytes } from './plan.ts';
import { viewsOf } from './pairs.ts';
import { groupingOf, writeUpdate } from './row.ts';
import type { allow, Left } from './verify-bounds.ts';

const STEPS = 3;
const WEIGHT_DECAY = 0.01, AVERAGE_WEIGHT = 0.1, CUMULATED = 0.01;

/** Sizes of the drawn weights and gradients: a clip reaches some gradients, a bound on norms some units. */
const WEIGHT_SIZE = 0.5, GRADIENT_SIZE = 0.1;

/** Dispatches of one kernel, which share nothing that they write. */
interface Stage {
  readonly kernel: string;
  readonly loaded: ReadyPlan;
}

const stagesOf = ({ plan, dispatches }: ReadyPlan): Stage[] => [...new Set(plan.dispatches.map(({ kernel }) => kernel))].map((kernel) => {
  const those = plan.dispatches.flatMap((one, i) => (one.kernel === kernel ? [i] : []));
  return { kernel, loaded: { plan: { ...plan, dispatches: those.map((i) => plan.dispatches[i]!) }, dispatches: those.map((i) => dispatches[i]!) } };
});

/** All that is declared is on, and weight decay, which any `encode` may bring. */
function settingsOf({ settings, tensors, options: { groups }, rule }: OptimParts): ReplicaSettings {
  const all = settings.tensors.map((own, i) => {
    const declared = new Set<string>(groups.get(tensors[i]!.group)!.regularizers.map(({ type }) => type));
    const penalties = Object.fromEntries(Object.entries(own.penalties).map(([type, penalty]) =>
      [type, declared.has(type) && penalty.reaches ? { ...penalty, strength: 1 } : penalty]));
    const decays = rule.weightDecay && own.role === 'weight' && 'weightDecay' in own.values;
    return { ...own, penalties, values: { ...own.values, ...(decays && { weightDecay: WEIGHT_DECAY }) } };
  });
  const { of } = groupingOf(tensors);
  return testSettings(rule.name, [{ ...settings, tensors: all }], (_, i) => ({ part: rateOf(of[i]!, tensors.length) }))[0]!;
}

/** Rows that stand last, first and second in the table: of consecutive updates, no more than it has. */
function rowsOf(parts: OptimParts): TableRow[] {
  const { program, tensors, options: { averaging } } = parts, settings = settingsOf(parts);
  const every = averaging?.type === 'swa' ? Math.min(averaging.every, 2) : 0;
  return Array.from({ length: Math.min(STEPS, program.capacity) }, (_, i) => {
    const step = program.capacity - 1 + i, bytes = new Uint8Array(program.rowStride);
    writeUpdate(rowTable(bytes.buffer), parts, {
      step, settings, l1Totals: tensors.map(() => CUMULATED * (i + 1)), rates: settings.tensors.map(({ values }) => values['learningRate'] as number),
      average: { averageWeight: AVERAGE_WEIGHT, averageStart: 2, averageEvery: every },
    });
    return { step, bytes };
  });
}

const drawn = (length: number, size: number, seed: number): Float32Array<ArrayBuffer> =>
  Float32Array.from(uniforms(length, seed, 0), (u) => size * (2 * u - 1));

/** The optim's own buffers once more, and what stands for the caller's. */
function buffersOf({ build }: OptimParts): BufferSpec[] {
  return [
    ...optimBuffers(build),
    ...build.pairs.flatMap(({ parameters, gradients }, i): BufferSpec[] => [
      { name: `parameters.${i}`, bytes: parameters.size, category: 'parameters' }, { name: `gradients.${i}`, bytes: gradients.size, category: 'gradients' },
    ]),
  ];
}

/** What is written before the first update. State is 0, but for what is divided by. */
function contentsOf({ build, program, rule, arena, tensors }: OptimParts): { buffer: string; data: Bytes }[] {
  const state = new Float32Array(arena.length), first = program.capacity - 1;
  const start = { n: 0.1, sum: 0.1, average: 0.1 } as const;
  stateSlots(rule).forEach((slot, s) => {
    const value = start[slot as keyof typeof start];
    if (value !== undefined) tensors.forEach(({ offset, length }) => state.fill(value, s * build.stride + offset, s * build.stride + offset + length));
  });
  return [
    ...build.pairs.flatMap(({ parameters, gradients }, i) => [
      { buffer: `parameters.${i}`, data: drawn(parameters.size / 4, WEIGHT_SIZE, 1 + 2 * i) },
      { buffer: `gradients.${i}`, data: drawn(gradients.size / 4, GRADIENT_SIZE, 2 + 2 * i) },
    ]),
    ...(state.length > 0 ? [{ buffer: 'state', data: state }] : []),
    { buffer: 'skips', data: Uint32Array.of(0, 0, first, first) },
    { buffer: 'flags', data: new Uint32Array(tensors.length + 1).fill(0xffffffff) },
  ];
}

/** Where an element of a buffer lies, by the names of the parameters. */
function placeOf({ build, tensors, rule }: OptimParts, buffer: string, element: number): { where: string; element: number; tensor?: number } {
  const pair = build.pairs[Number(/^parameters\.(\d+)$/.exec(buffer)?.[1] ?? -1)];
  if (pair !== undefined) {
    const view = viewsOf(pair).find(({ weights, length }) => element >= weights && element < weights + length);
    return view === undefined ? { where: `${buffer}, between the views`, element } : { where: tensors[view.tensor]!.name, element: element - view.weights, tensor: view.tensor };
  }
  if (buffer === 'state') {
    const slot = stateSlots(rule)[Math.floor(element / build.stride)] ?? 'state', at = element % build.stride;
    const tensor = tensors.findLastIndex(({ offset }) => offset <= at);
    return { where: `${slot} of ${tensors[tensor]!.name}`, element: at - tensors[tensor]!.offset, tensor };
  }
  const tensor = buffer === 'norms' ? Math.floor(element / (4 * NORM_GROUPS)) : buffer === 'flags' ? element : -1, name = tensors[tensor]?.name;
  return name === undefined ? { where: buffer, element } : { where: `${buffer} of ${name}`, element: buffer === 'norms' ? element % (4 * NORM_GROUPS) : 0, tensor };
}

/** A row as it goes into the table. */
interface TableRow {
  readonly step: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Runs a plan by each of these rows, in one submit. Not collected: reading what it left waits for it. */
function run(program: Program, plan: ReadyPlan, those: readonly TableRow[]): void {
  const rows = new Uint8Array(those.length * program.rowStride);
  those.forEach(({ bytes }, i) => rows.set(bytes, i * program.rowStride));
  program.submit({ plan, steps: those.length, rows, slots: those.map(({ step }) => step % program.capacity), read: {} });
}

interface Proofs {
  readonly allow: typeof allow;
  readonly bounds: typeof bounds;
  readonly boundBy: typeof boundBy;
  readonly compareFloats: typeof compareFloats;
  readonly compareWords: typeof compareWords;
  readonly rowsOf: typeof float64RowsOf;
}

/** Runs a stage on the device and in float64; then the device's numbers are the next stage's operands. */
async function checkStage(parts: OptimParts, program: Program, mirror: Mirror, proofs: Proofs, loaded: ReadyPlan, tableRow: TableRow): Promise<{ worst: number; wrong?: WrongNumber }> {
  const { dispatches } = loaded.plan, { step, bytes } = tableRow;
  const rows = proofs.rowsOf(bytes, dispatches[0]!.shape.row), all = dispatches.flatMap((dispatch) => proofs.boundBy(dispatch));
  for (const { buffer, isWords } of all) void (isWords ? mirror.of(buffer).words : mirror.of(buffer).floats);
  const written = [...new Map(all.filter(({ isWritten }) => isWritten).map((one) => [one.buffer, one])).values()];
  const before = new Map(written.filter(({ isWords }) => !isWords).map(({ buffer }) => [buffer, mirror.of(buffer).floats.slice()]));
  run(program, loaded, [tableRow]);
  for (const dispatch of dispatches) mirror.run(dispatch, mirror.runOf(dispatch, rows));
  const contents = new Map<string, ArrayBuffer>();
  for (const { buffer } of written) contents.set(buffer, await program.read({ buffer, offset: 0, bytes: mirror.of(buffer).bytes }));
  const floats = (buffer: string): Float64Array => mirror.of(buffer).floats;
  const left: Left = {
    row: rows[0]!, want: floats, before: (buffer) => before.get(buffer) ?? floats(buffer),
    got: (buffer) => (contents.has(buffer) ? new Float32Array(contents.get(buffer)!) : new Float32Array(floats(buffer))), words: (buffer) => mirror.of(buffer).words,
  };
  const allowed = new Map<string, Float32Array>();
  const allowedOf = (buffer: string): Float32Array => {
    const known = allowed.get(buffer) ?? new Float32Array(floats(buffer).length);
    allowed.set(buffer, known);
    return known;
  };
  for (const dispatch of dispatches) proofs.allow((kernel, look) => proofs.bounds[kernel]!(look), parts.build, dispatch, left, allowedOf);
  let worst = 0, wrong: WrongNumber | undefined;
  for (const { buffer, isWords } of written) {
    const got = contents.get(buffer)!, storage = mirror.of(buffer);
    const found = isWords ? proofs.compareWords(new Uint32Array(got), storage.words) : proofs.compareFloats(new Float32Array(got), storage.floats, allowed.get(buffer));
    worst = Math.max(worst, found.worst);
    if (found.wrong > 0) {
      const wanted = (isWords ? storage.words : storage.floats)[found.at]!, value = (isWords ? new Uint32Array(got) : new Float32Array(got))[found.at]!;
      wrong ??= wrongNumber(parts, dispatches, { step, buffer, element: found.at, wanted, got: value, allowed: allowed.get(buffer)?.[found.at] ?? 0, count: found.wrong });
    }
    storage.write(new Uint8Array(got), 0);
  }
  return { worst, ...(wrong && { wrong }) };
}

function wrongNumber(
  parts: OptimParts, dispatches: readonly Dispatch[], { buffer, element, ...values }: Pick<WrongNumber, 'step' | 'element' | 'wanted' | 'got' | 'allowed' | 'count'> & { readonly buffer: string },
): WrongNumber {
  const { tensor, ...place } = placeOf(parts, buffer, element);
  const pair = parts.build.pairs.findIndex(({ members }) => members.some(({ index }) => index === tensor));
  const dispatch = dispatches.find(({ bindings }) => bindings.some((one) => one.buffer === `parameters.${pair}`)) ?? dispatches[0]!;
  return { plan: 'update', kernel: dispatch.kernel, label: dispatch.label, ...values, ...place };
}

/** Every update alone, then all in one pass. */
async function check(parts: OptimParts, program: Program, plan: ReadyPlan): Promise<Pick<VerifyReport, 'kernels' | 'wrong'>> {
  const [mirrors, bounds, compare, { differences }, { rowsOf: read }, own] = await Promise.all([
    import('../verify/mirror.ts'), import('../verify/bounds.ts'), import('../verify/compare.ts'), import('../verify/whole.ts'), import('../float64/rows.ts'), import('./verify-bounds.ts'),
  ]);
  const proofs: Proofs = { ...mirrors, ...bounds, ...compare, ...own, rowsOf: read }, buffers = buffersOf(parts), mirror = new mirrors.Mirror(buffers);
  const contents = contentsOf(parts), rows = rowsOf(parts), stages = stagesOf(plan), kernels = new Map<string, VerifiedKernel>();
  for (const { buffer, data } of contents) {
    program.write(buffer, data);
    mirror.write(buffer, data);
  }
  const report = (wrong: readonly WrongNumber[]): Pick<VerifyReport, 'kernels' | 'wrong'> => ({ kernels: [...kernels.values()], wrong });
  for (const row of rows) {
    for (const { kernel, loaded } of stages) {
      const start = now(), { worst, wrong } = await checkStage(parts, program, mirror, proofs, loaded, row);
      const { dispatches = 0, worst: most = 0, milliseconds = 0 } = kernels.get(kernel) ?? {};
      kernels.set(kernel, {
        kernel, dispatches: dispatches + loaded.dispatches.length, worst: Math.max(most, worst), milliseconds: milliseconds + now() - start,
      });
      // What follows was given wrong numbers.
      if (wrong !== undefined) return report([wrong]);
    }
  }
  for (const { buffer, data } of contents) program.write(buffer, data);
  run(program, plan, rows);
  const found = await differences(program, mirror, buffers.filter(({ category }) => category !== 'tables').map(({ name }) => name));
  return report(found.map(({ buffer, ...values }) => ({
    ...wrongNumber(parts, plan.plan.dispatches, { buffer, step: -1, allowed: 0, ...values }), label: 'updates in one pass do not give what they give one by one',
  })));
}

/** On a program of its own: the optim and the caller's buffers are not touched. */
export async function verifyOptim(parts: OptimParts): Promise<VerifyReport> {
  const { device, program: { capacity }, tensors, rule } = parts, start = now();
  const program = await Program.create(device, { owner: 'optim', buffers: buffersOf(parts), rowBytes: rowBytes(parts.build), capacity, readBytes: 4 });
  try {
    const found = await check(parts, program, await program.load(parts.plan.plan));
    const parameters = tensors.reduce((sum, { length }) => sum + length, 0);
    return {
      ok: found.wrong.length === 0, about: `${tensors.length} tensors of ${parameters} parameters, ${rule.name}`, adapter: device.adapter.name, version: VERSION,
      features: [...device.gpu.features].sort(), ...found, milliseconds: now() - start,
    };
  } finally {
    program.destroy();
  }
}
