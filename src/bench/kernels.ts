/** The suite `kernels`: every dispatch of a training step alone, and where the time of the whole step goes. */

import type { Tile } from '../kernels/tile.ts';
import type { Build } from '../compile/build.ts';
import { trainGraph } from '../compile/graphs.ts';
import { weightLayers } from '../model/network.ts';
import type { LoadedPlan } from '../scheduler/executor.ts';
import { loadChecks } from '../train/named.ts';
import { prepare, type Prepared } from '../train/prepare.ts';
import type { TrainerConfig } from '../train/trainer-config.ts';
import { Engine } from '../train/engine.ts';
import { Rows } from '../train/rows.ts';
import { adapterTraits } from '../train/traits.ts';
import { tileName } from '../train/tune/candidates.ts';
import { withTunedTiles } from '../train/tune/tuned.ts';
import { programsOn } from '../webgpu/program.ts';
import { alternate, type Work } from './alternate.ts';
import { COPY_KEYS, FMA_KEY, giga } from './ceilings.ts';
import { flagshipConfig, flagshipOptimizer, syntheticImages } from './flagship.ts';
import { repeat } from './repeat.ts';
import { summarize } from './statistics.ts';
import type { Suite, SuiteContext } from './suite.ts';
import type { Result } from './types.ts';

// Without learning, so that the numbers stay what they are through thousands of repetitions.
export const kernels: Suite = (context) => measureKernels(context, flagshipConfig({ optimizer: flagshipOptimizer(0) }));

/** One thing to be timed: a dispatch, or a whole plan. */
interface Subject {
  readonly key: string;
  readonly label: string;
  readonly plan: LoadedPlan;
  readonly flops: number;
  readonly bytes: number;
  readonly parameters: Result['parameters'];
}

const STEP_KEY = 'kernels/whole-step';

/** The suite on any network. */
export async function measureKernels(context: SuiteContext, config: TrainerConfig): Promise<void> {
  const { device, options: { seconds, repetitions, budgetSeconds, tune }, signal } = context;
  // One row is enough: every repetition is the same step.
  const asked = { ...config, maxStepsPerSubmit: 1, ...(tune && { tune: { signal } }) };
  await loadChecks(asked);
  const prepared = await withTunedTiles(device, prepare(asked, adapterTraits(device)));
  const engine = await Engine.create(programsOn(device), prepared);
  try {
    context.progress('kernels: compiling');
    const subjects = await subjectsOf(engine, prepared);
    const works = subjects.map((subject) => workOf(context, engine, prepared, subject));
    // In turns, so that the shares are of one and the same step.
    const samples = await alternate(works, { seconds, rounds: repetitions, budgetSeconds: budgetSeconds * works.length, signal });
    for (const result of resultsOf(context, subjects, samples)) context.emit(result);
  } finally {
    engine.destroy();
  }
}

/** The whole step first: its dispatches then find in their buffers what they find in a step. */
async function subjectsOf(engine: Engine, { build }: Prepared): Promise<Subject[]> {
  const { network, batchSize, fusion } = build;
  const data = syntheticImages(batchSize, network.inputs, network.outputs);
  const resident = await engine.residents.attach(data, 'train');
  engine.residents.shuffle(resident, 0);
  await engine.residents.attach(data, 'current');
  const step = resident.train!, inference = resident.current!, tiles = tilesOf(build, resident.format);
  const common = { network: [network.inputs, ...weightLayers(network).map(({ outputs }) => outputs)].join('-'), batch: batchSize };
  const whole = (key: string, label: string, loaded: LoadedPlan): Subject => {
    const { dispatches, flops, bytes } = loaded.plan;
    return { key, label, plan: loaded, flops, bytes, parameters: { ...common, fusion, dispatches: dispatches.length } };
  };
  return [
    whole(STEP_KEY, 'whole step', step),
    whole('kernels/whole-inference', 'whole inference', inference),
    ...step.plan.dispatches.map(({ label, kernel, grid, flops, bytes }, i): Subject => ({
      key: `kernels/${label}`, label, plan: { ...step, dispatches: [step.dispatches[i]!] }, flops, bytes,
      parameters: { ...common, kernel, ...(tiles[i] !== undefined && { tile: tileName(tiles[i]) }), grid: grid.join(' x ') },
    })),
  ];
}

/** Of every dispatch of a step that has one. */
const tilesOf = (build: Build, format: Parameters<typeof trainGraph>[1]): (Tile | undefined)[] =>
  trainGraph(build, format).operations.map(({ shape }) => (shape as { readonly tile?: Tile }).tile);

function workOf({ device, signal, progress }: SuiteContext, { program }: Engine, { build, settings }: Prepared, { label, plan }: Subject): Work {
  const rows = new Rows(build, settings, program.rowStride).fill(1, () => ({
    header: { step: 0, position: 0, count: build.batchSize, active: true, order: 0 }, clock: { step: 0, steps: 1, t: 1 },
  }));
  const work = repeat({ program, plan, rows, read: { buffer: 'flags', offset: 0, bytes: 4 }, device, signal });
  return {
    run(count) {
      progress(`kernels: ${label}`);
      return work.run(count);
    },
  };
}

/** The largest median among the ceilings of these keys; undefined where none was measured. */
function ceilingOf(context: SuiteContext, keys: readonly string[]): number | undefined {
  const medians = context.ceilings().filter(({ key }) => keys.includes(key)).map(({ samples }) => summarize(samples).median);
  return medians.length === 0 ? undefined : Math.max(...medians);
}

/** Rates, and their shares of what the adapter can do. */
function ratesOf(context: SuiteContext, { flops, bytes }: Subject, milliseconds: number): Record<string, number> {
  const peak = ceilingOf(context, [FMA_KEY]), bandwidth = ceilingOf(context, COPY_KEYS);
  return {
    ...(flops > 0 && { 'GFLOP/s': giga(flops, milliseconds) }),
    'GB/s': giga(bytes, milliseconds),
    ...(flops > 0 && peak !== undefined && { 'share of FMA ceiling': giga(flops, milliseconds) / peak }),
    ...(bandwidth !== undefined && { 'share of copy bandwidth': giga(bytes, milliseconds) / bandwidth }),
  };
}

function resultsOf(context: SuiteContext, subjects: readonly Subject[], samples: readonly (readonly number[])[]): Result[] {
  const medians = samples.map((own) => summarize(own).median), step = medians[subjects.findIndex(({ key }) => key === STEP_KEY)]!;
  const isWhole = ({ plan }: Subject): boolean => plan.dispatches.length === plan.plan.dispatches.length;
  const sum = medians.reduce((total, median, i) => total + (isWhole(subjects[i]!) ? 0 : median), 0);
  return subjects.map((subject, i): Result => {
    const { key, label, parameters } = subject;
    return {
      key, suite: 'kernels', label, unit: 'ms', better: 'lower', samples: samples[i]!, parameters,
      meaning: 'Milliseconds of one run, over and over in one pass, each submit ended by a readback.',
      derived: {
        ...ratesOf(context, subject, medians[i]!),
        ...(!isWhole(subject) && { 'share of the step': medians[i]! / step }),
        ...(key === STEP_KEY && { 'sum of its dispatches, ms': sum }),
      },
    };
  });
}
