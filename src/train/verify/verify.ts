/** The self-test of a trainer: everything it runs, on the device and in float64. */

import { now } from '../../host.ts';
import { parameterArena, stateArena } from '../../compile/build.ts';
import type { Device } from '../../device/index.ts';
import { weightLayers } from '../../model/network.ts';
import type { Dataset } from '../../data/dataset.ts';
import { VERSION } from '../../version.ts';
import type { Checked } from '../../verify/check.ts';
import type { Engine } from '../engine.ts';
import { attachEvaluated } from '../attach.ts';
import type { Differs, Made } from '../../verify/whole.ts';
import type { VerifiedKernel, VerifyReport, WrongNumber } from '../../verify/report.ts';
import { aside, runTogether, stepsOf, writeAll, writeContents, type Onward } from './run.ts';
import { SelfTest, type TestStep } from './steps.ts';

/** Where an element of a buffer lies, in the network's words. */
function placeOf({ build }: Engine, buffer: string, element: number): Pick<WrongNumber, 'where' | 'replica' | 'element'> {
  const arena = buffer.endsWith('state') ? stateArena(build) : parameterArena(build);
  if (!/(parameters|state|gradients)$/.test(buffer)) return { where: buffer, element };
  const replica = Math.floor(element / arena.replicaStride), within = element % arena.replicaStride, slot = Math.floor(within / arena.stride), at = within % arena.stride;
  const tensor = build.network.tensors.findLast(({ offset }) => offset <= at);
  const kind = buffer === 'parameters' ? '' : `${buffer.endsWith('state') ? arena.slots[slot] : buffer} of `;
  return { where: `${kind}${tensor!.name}`, replica, element: at - tensor!.offset };
}

const TOGETHER = 'dispatches together', LATE = 'dispatches late in a submit';

/** What is the same run together as run one by one is right. */
function together(engine: Engine, steps: readonly TestStep[], found: readonly Differs[], ran: string): WrongNumber[] {
  return found.map(({ buffer, element, ...values }) => {
    const writers = steps.flatMap(({ loaded: { plan } }) => plan.dispatches.map((dispatch) => ({ plan: plan.name, ...dispatch })))
      .filter(({ bindings }) => bindings.some((binding) => binding.buffer === buffer && binding.access === 'read-write'));
    const first = writers[0];
    return {
      plan: first?.plan ?? 'all', step: -1, kernel: [...new Set(writers.map(({ kernel }) => kernel))].join(', ') || 'unknown',
      label: `${ran} do not give what they give one by one`, ...placeOf(engine, buffer, element), ...values, allowed: 0,
    };
  });
}

const wrongOf = (engine: Engine, checked: readonly Checked[]): WrongNumber[] => checked.flatMap(({ plan, step, kernel, label, wrong }) =>
  (wrong === undefined ? [] : [{ plan, step, kernel, label, ...wrong, ...placeOf(engine, wrong.buffer, wrong.element) }].map(({ buffer: _, ...rest }) => rest)));

function kernelsOf(checked: readonly Checked[]): VerifiedKernel[] {
  return [...new Set(checked.map(({ kernel }) => kernel))].map((kernel) => {
    const own = checked.filter((one) => one.kernel === kernel);
    return {
      kernel, dispatches: own.length, worst: Math.max(...own.map(({ worst }) => worst)),
      milliseconds: own.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    };
  });
}

/** What came of a test. */
export interface Verified {
  readonly checked: readonly Checked[];
  readonly wrong: readonly WrongNumber[];
  /** What `replay` must give from now on. */
  readonly digest: string;
}

/** Runs the test; the trainer is afterwards as it was. */
export async function verifyEngine(test: SelfTest, onward?: Onward): Promise<Verified> {
  const { engine, contents } = test, { program } = engine, steps = stepsOf(test);
  const [{ Checker }, { Mirror }, { differences, differencesIn }] = await Promise.all([import('../../verify/check.ts'), import('../../verify/mirror.ts'), import('../../verify/whole.ts')]);
  return aside(test, async () => {
    const mirror = new Mirror(contents.buffers), { writes, mirrorWrites, poison } = contents;
    const begin = (): void => {
      writeContents(test, 0);
      writeAll(engine, poison);
    };
    for (const { loaded: { plan } } of steps) {
      for (const [name, table] of Object.entries(plan.tables)) mirror.add({ name, bytes: table.byteLength, category: 'tables', contents: table });
    }
    for (const { buffer, offset, data } of [...writes, ...mirrorWrites, ...poison]) mirror.write(buffer, data, offset);
    begin();
    const made: Made[] = [];
    const keep = ({ results }: TestStep): void => results.forEach(({ buffer, offset, bytes }) =>
      made.push({ buffer, element: offset / 4, words: new Uint32Array(mirror.of(buffer).read(offset, bytes)) }));
    const checked = await new Checker(program, mirror).run(steps, { onStep: (step) => keep(steps[step]!), ...(onward && { onward }) }), wrong = wrongOf(engine, checked);
    if (wrong.length > 0) return { checked, wrong, digest: '' };
    const all = contents.buffers.filter(({ category, bytes }) => category !== 'data' && bytes > 0).map(({ name }) => name);
    const looks = async (isLate: boolean): Promise<void> => {
      const found = await differences(program, mirror, isLate ? contents.trained.map(({ buffer }) => buffer) : all);
      wrong.push(...together(engine, steps, found, isLate ? LATE : TOGETHER));
    };
    const { late, results, digest } = await runTogether(test, { begin, looks, onward });
    const found = [...together(engine, steps, differencesIn(results, made), TOGETHER), ...together(engine, steps, differencesIn(late, made), LATE)];
    return { checked, wrong: [...found, ...wrong], digest };
  });
}

/** What is sent where something is wrong, and shown where nothing is. */
export function reportOf({ engine: { build } }: SelfTest, { adapter, gpu }: Device, { checked, wrong }: Pick<Verified, 'checked' | 'wrong'>, milliseconds: number): VerifyReport {
  const { network, batchSize, replicas, fusion, rule } = build;
  const widths = [network.inputs, ...weightLayers(network).map(({ outputs }) => outputs)].join('-');
  return {
    ok: wrong.length === 0, about: `${widths}, batch ${batchSize}, ${replicas} replica${replicas === 1 ? '' : 's'}, ${rule.name}, fusion ${fusion}`,
    adapter: adapter.name, version: VERSION, features: [...gpu.features].sort(), kernels: kernelsOf(checked), wrong, milliseconds,
  };
}

/** Brings the data set and all that trains, evaluates and predicts onto the device, and tests it. */
export async function verifyOn(engine: Engine, device: Device, data: Dataset): Promise<VerifyReport> {
  const { residents } = engine, { normalize } = residents, resident = await residents.attach(data, 'train');
  residents.normalize ??= resident.normalize; // To be tested it need but be there: only a fit learns.
  try {
    await attachEvaluated(engine, data, 'current');
    if (engine.build.rule.average) await attachEvaluated(engine, data, 'average');
  } finally {
    residents.normalize = normalize;
  }
  const predicts = await residents.predicting(resident.format, 'current', resident);
  const start = now(), test = new SelfTest(engine, { residents: [resident], trains: true, predicts });
  return reportOf(test, device, await verifyEngine(test), now() - start);
}
