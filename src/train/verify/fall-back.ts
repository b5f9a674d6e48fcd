/** Where a kernel is wrong before a training: other tiles and fusions that compute the same, until all is right. */

import type { Device } from '../../device/index.ts';
import { InputError, OutOfMemoryError, ShaderError, WrongResultError } from '../../errors.ts';
import { ANY_DATA } from '../../compile/build.ts';
import { evaluateGraph, loadLoweringsOf, trainGraph } from '../../compile/graphs.ts';
import { resolveTiles, type AdapterTraits, type Tiles } from '../../compile/tiles.ts';
import { makePlan } from '../../scheduler/plan.ts';
import { programsOn } from '../../webgpu/program.ts';
import { wgslOf } from '../../webgpu/wgsl.ts';
import { download, upload } from '../arenas.ts';
import type { Arenas } from '../checkpoint.ts';
import { Engine } from '../engine.ts';
import { loadChecks } from '../named.ts';
import { prepare, type Prepared } from '../prepare.ts';
import { adapterTraits } from '../traits.ts';
import type { TrainingState } from '../training-state.ts';
import type { VerifyReport, WrongNumber } from '../../verify/report.ts';

/** Where a trainer has its engine. */
export interface Seat {
  engine: Engine;
  prepared: Prepared;
  /** The one that computes wrongly, until another one was found right. */
  replaced?: Engine | undefined;
  /** What was wrong with it. */
  fallback?: VerifyReport;
}

/** Without what is most often broken: subgroups, workgroup memory and barriers. Then with one of them. */
function tilesInstead({ build: { tiles, batchSize } }: Prepared, traits: AdapterTraits): Tiles[] {
  const plain: AdapterTraits = { ...traits, state: 'software', name: '', subgroups: false };
  return [
    resolveTiles(tiles, { ...traits, subgroups: false }, batchSize), resolveTiles(undefined, plain, batchSize),
    resolveTiles(undefined, { ...traits, state: 'hardware' }, batchSize), resolveTiles(undefined, { ...plain, subgroups: traits.subgroups }, batchSize),
  ];
}

/** The same network with other tiles, then with less in each dispatch. */
function alternativesTo(prepared: Prepared, device: Device): Prepared[] {
  const traits = adapterTraits(device), { config, build: { tiles, fusion, groups }, seed } = prepared, instead = tilesInstead(prepared, traits), direct = instead[1]!;
  const changes = [
    { tiles, fusion }, ...instead.map((own) => ({ tiles: own, fusion })),
    ...(fusion === 'none' ? [] : [{ tiles: direct, fusion: 'layer' }, { tiles: direct, fusion: 'none' }] as const),
  ];
  const others = [...new Map(changes.map((change) => [JSON.stringify(change), change])).values()].slice(1);
  return others.flatMap((change) => {
    try {
      const own = prepare({ ...config, ...change, seed }, traits);
      // A file's settings may need more than the configuration says.
      return [{ ...own, build: { ...own.build, groups } }];
    } catch (error) {
      if (error instanceof InputError) return []; // A fusion that this rule cannot have.
      throw error;
    }
  });
}

/** What is run for a dispatch that is wrong. */
function textsOf({ build }: Prepared, { kernel, label }: WrongNumber): string[] {
  const graphs = [trainGraph(build, ANY_DATA), evaluateGraph(build, ANY_DATA, 'current'), ...(build.rule.average ? [evaluateGraph(build, ANY_DATA, 'average')] : [])];
  return graphs.flatMap((graph) => makePlan(graph).dispatches).filter((one) => one.kernel === kernel && one.label === label)
    .map((dispatch) => JSON.stringify([dispatch.grid, wgslOf(dispatch)]));
}

/** What one that cannot be made, or computes wrongly too, says of itself. */
const isUnfit = (error: unknown): boolean => error instanceof WrongResultError || error instanceof OutOfMemoryError || error instanceof ShaderError;

async function made(device: Device, prepared: Prepared, arenas: Arenas): Promise<Engine> {
  const engine = await Engine.create(programsOn(device), prepared);
  try {
    await upload(engine, arenas);
    return engine;
  } catch (error) {
    engine.destroy();
    throw error;
  }
}

/**
 * Runs again on engines with the same weights, state and settings, until one is right; that one stays.
 * @param run calls `verified` once the seat's engine was found right
 * @throws WrongResultError the one given, where all are wrong; the first engine is in its seat again
 */
export async function fallBack(
  seat: Seat, device: Device, state: TrainingState, error: WrongResultError, run: (verified: () => void) => Promise<void>,
): Promise<void> {
  const report = error.report as VerifyReport;
  if (report.wrong.length === 0) throw error; // It computes wrongly now and then.
  const first = { ...seat }, bad = new Set(textsOf(first.prepared, report.wrong[0]!));
  if (bad.size === 0) throw error; // No plan is without it.
  const arenas = await download(first.engine, state);
  await loadChecks({ tiles: first.prepared.build.tiles });
  for (const prepared of alternativesTo(first.prepared, device)) {
    await loadLoweringsOf(prepared.build);
    if (textsOf(prepared, report.wrong[0]!).some((text) => bad.has(text))) continue;
    let isRight = false, engine: Engine | undefined;
    try {
      engine = await made(device, prepared, arenas);
      engine.settings = first.engine.settings;
      first.engine.program.check(); // It may have been destroyed in the meantime.
      Object.assign(seat, { engine, prepared, replaced: first.engine });
      await run(() => {
        isRight = true;
        first.engine.destroy();
        Object.assign(seat, { replaced: undefined, fallback: report });
      });
      return;
    } catch (other) {
      if (isRight || !isUnfit(other)) throw other;
    } finally {
      if (!isRight) {
        if (engine !== undefined) first.engine.settings = engine.settings;
        engine?.destroy();
        Object.assign(seat, { ...first, replaced: undefined });
      }
    }
  }
  throw error;
}
