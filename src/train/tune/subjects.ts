/** What there is to choose for one network: products by shape class, and what each candidate would dispatch. Pure. */

import { InputError } from '../../errors.ts';
import type { Tile } from '../../kernels/tile.ts';
import { ANY_DATA, type Build } from '../../compile/build.ts';
import { trainGraph } from '../../compile/graphs.ts';
import { PRODUCTS, type ProductName, type Tiles } from '../../compile/tiles.ts';
import { makePlan, type Plan } from '../../scheduler/plan.ts';
import { wgslOf } from '../../webgpu/wgsl.ts';
import { candidatesFor, tileName, type ShapeClass, type TileNeeds } from './candidates.ts';

/** A tile, and those dispatches of a training step that it changes. */
export interface Candidate {
  readonly name: string;
  readonly tile: Tile;
  readonly plan: Plan;
}

/** A product and shape class of the network. */
export interface Subject {
  readonly product: ProductName;
  readonly shape: ShapeClass;
  /** Of all its dispatches in one step. */
  readonly flops: number;
  /** The default first. */
  readonly candidates: readonly [Candidate, ...Candidate[]];
}

/** These tiles with another one in one place. */
export const withTile = (tiles: Tiles, { product, shape }: Pick<Subject, 'product' | 'shape'>, tile: Tile): Tiles =>
  ({ ...tiles, [product]: { ...tiles[product], [shape]: tile } });

/** The step's plan, or undefined where the tile would take too large a grid. */
function planWith(build: Build, tiles: Tiles): Plan | undefined {
  try {
    return makePlan(trainGraph({ ...build, tiles }, ANY_DATA));
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** What tells two dispatches apart. */
const textOf = ({ dispatches }: Plan): string => dispatches.map((dispatch) => `${dispatch.grid.join()}\n${wgslOf(dispatch)}`).join('\n');

/** A plan of some dispatches, its small tables under names of their own: they depend on the tile. */
function partOf(plan: Plan, labels: ReadonlySet<string>, name: string): Plan {
  const own = (buffer: string): string => (buffer in plan.tables ? `${buffer} of ${name}` : buffer);
  const dispatches = plan.dispatches.filter(({ label }) => labels.has(label)).map((dispatch) => ({
    ...dispatch, bindings: dispatch.bindings.map((binding) => ({ ...binding, buffer: own(binding.buffer) })),
  }));
  return {
    ...plan, name, dispatches,
    tables: Object.fromEntries(Object.entries(plan.tables).map(([table, contents]) => [own(table), contents])),
    flops: dispatches.reduce((sum, { flops }) => sum + flops, 0),
  };
}

/** One product and class; undefined where no dispatch of a step depends on its tile, or there is nothing to try. */
function subjectOf(build: Build, base: Plan, place: Pick<Subject, 'product' | 'shape'>, needs: TileNeeds): Subject | undefined {
  const usual = build.tiles[place.product][place.shape];
  const plans = candidatesFor(place.shape, usual, needs).flatMap((tile) => {
    const plan = planWith(build, withTile(build.tiles, place, tile));
    return plan === undefined ? [] : [{ tile, plan }];
  });
  const labels = new Set(plans.flatMap(({ plan }) =>
    plan.dispatches.filter((dispatch, i) => wgslOf(dispatch) !== wgslOf(base.dispatches[i]!)).map(({ label }) => label)));
  if (labels.size === 0) return undefined;
  const all = [{ tile: usual, plan: base }, ...plans].map(({ tile, plan }): Candidate =>
    ({ name: tileName(tile), tile, plan: partOf(plan, labels, tileName(tile)) }));
  // Products of few rows make one tile of several.
  const texts = all.map(({ plan }) => textOf(plan));
  const [first, ...rest] = all.filter((_, i) => texts.indexOf(texts[i]!) === i);
  return { ...place, flops: first!.plan.flops, candidates: [first!, ...rest] };
}

/** Everything there is to choose, the most work first. */
export function subjectsOf(build: Build, needs: TileNeeds): Subject[] {
  const base = makePlan(trainGraph(build, ANY_DATA));
  return PRODUCTS.flatMap((product) => (['wide', 'narrow'] as const).flatMap((shape) => subjectOf(build, base, { product, shape }, needs) ?? []))
    .sort((a, b) => b.flops - a.flops);
}

/** All that would run, as text: the same text, the same choice on the same device. */
export const textOfSubjects = (subjects: readonly Subject[]): string =>
  JSON.stringify(subjects.map(({ product, shape, candidates }) => [product, shape, ...candidates.map(({ plan }) => textOf(plan))]));
