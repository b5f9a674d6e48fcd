/** Kernels that find an adapter's ceilings, each doing nothing but what it measures. Their results prove that they did it. */

import copySource from '../../shaders/probes/copy.wgsl';
import countSource from '../../shaders/probes/count.wgsl';
import fmaSource from '../../shaders/probes/fma.wgsl';
import scalar from '../../shaders/probes/scalar.wgsl';
import vec4 from '../../shaders/probes/vec4.wgsl';
import { ROW_BINDING, type DispatchShape, type Kernel } from '../kernels/kernel.ts';
import { operation } from '../scheduler/graph.ts';
import { makePlan, type Plan } from '../scheduler/plan.ts';

/** Bytes of the uniform that every probe is given: four floats. */
export const FACTOR_BYTES = 16;
/** a and b of the multiply-add: each adds exactly 1. Known to the adapter at run time only. */
export const FACTORS: readonly number[] = [1, 1];

const FMA_THREADS = 64;
const FMA_STEPS = 4096;
const COPY_THREADS = 256;
const ROW = { replicas: 1, tensors: 1, groups: 1, layers: 1 };

/** A way to write multiply-adds. */
export interface FmaVariant {
  /** Numbers of one accumulator: an f32 or a vec4f. */
  readonly lanes: 1 | 4;
  /** Independent values of a thread. */
  readonly accumulators: 2 | 4 | 6 | 8 | 12 | 16 | 24;
  /** Steps written out in a loop's turn. */
  readonly rounds: 1 | 16 | 64;
}

/**
 * 8 to 24 numbers in the making per thread, each way: more hide the adapter's latency, fewer stay in its registers
 * (llvmpipe with AVX2, 64 steps a turn: 12 130 GFLOP/s, 16 48). Shorter code, for caches that the long one overflows;
 * and a plain loop, to show what its turns cost.
 */
export const FMA_VARIANTS: readonly FmaVariant[] = [
  { lanes: 1, accumulators: 8, rounds: 64 }, { lanes: 1, accumulators: 12, rounds: 64 },
  { lanes: 1, accumulators: 16, rounds: 64 }, { lanes: 1, accumulators: 24, rounds: 64 },
  { lanes: 4, accumulators: 2, rounds: 64 }, { lanes: 4, accumulators: 4, rounds: 64 }, { lanes: 4, accumulators: 6, rounds: 64 },
  { lanes: 1, accumulators: 16, rounds: 16 }, { lanes: 1, accumulators: 16, rounds: 1 },
];

/** `16 x f32, 64 steps a turn` */
export const fmaName = ({ lanes, accumulators, rounds }: FmaVariant): string =>
  `${accumulators} x ${lanes === 1 ? 'f32' : 'vec4f'}, ${rounds} ${rounds === 1 ? 'step' : 'steps'} a turn`;

interface FmaShape extends DispatchShape, FmaVariant {
  readonly workgroups: number;
}

const fma: Kernel<FmaShape> = {
  name: 'fma',
  source: fmaSource,
  libraries: ({ lanes }) => [lanes === 1 ? scalar : vec4],
  bindings: [ROW_BINDING, { name: 'results', access: 'read-write' }],
  constants: ({ accumulators, rounds }) => ({ THREADS: FMA_THREADS, STEPS: FMA_STEPS, ROUNDS: rounds, ACCUMULATORS: accumulators }),
  grid: ({ workgroups }) => [workgroups, 1, 1],
  flops: ({ workgroups, lanes, accumulators }) => 2 * workgroups * FMA_THREADS * FMA_STEPS * lanes * accumulators,
  bytes: ({ workgroups }) => fmaBytes(workgroups),
};

/** Bytes of the results. */
export const fmaBytes = (workgroups: number): number => 4 * FMA_THREADS * workgroups;

export const fmaPlan = (variant: FmaVariant, workgroups: number): Plan => onlyPlan(fma, { row: ROW, ...variant, workgroups }, { results: 'results' });

/**
 * What thread `local` of a workgroup must give: value i starts at local + i and gains 1 in each of 4096 steps, in each of
 * its lanes. All sums are below 2^24, so that f32 holds them exactly.
 */
export const fmaResult = ({ lanes, accumulators }: FmaVariant, local: number): number =>
  lanes * accumulators * (local + FMA_STEPS + (accumulators - 1) / 2);

/** vec4s that each thread copies. */
export const COPY_VARIANTS = [1, 4, 8] as const;
export type CopyVariant = (typeof COPY_VARIANTS)[number];

interface CopyShape extends DispatchShape {
  readonly bytes: number;
  readonly vec4s: CopyVariant;
}

const copy: Kernel<CopyShape> = {
  name: 'copy',
  source: copySource,
  libraries: () => [],
  bindings: [ROW_BINDING, { name: 'source', access: 'read' }, { name: 'copy', access: 'read-write' }],
  constants: ({ vec4s }) => ({ THREADS: COPY_THREADS, VEC4S: vec4s }),
  grid: ({ bytes, vec4s }) => [bytes / (16 * COPY_THREADS * vec4s), 1, 1],
  flops: () => 0,
  bytes: ({ bytes }) => 2 * bytes,
};

/** Copies the first `bytes` of a buffer, a multiple of 32 KiB. */
export const copyPlan = (vec4s: CopyVariant, bytes: number): Plan => onlyPlan(copy, { row: ROW, vec4s, bytes }, { source: 'source', copy: 'copy' });

const count: Kernel<DispatchShape> = {
  name: 'count',
  source: countSource,
  libraries: () => [],
  bindings: [ROW_BINDING, { name: 'count', access: 'read-write' }],
  constants: () => ({}),
  grid: () => [1, 1, 1],
  flops: () => 0,
  bytes: () => 8,
};

export const countPlan = (): Plan => onlyPlan(count, { row: ROW }, { count: 'count' });

function onlyPlan<Shape extends DispatchShape>(kernel: Kernel<Shape>, shape: Shape, bindings: Readonly<Record<string, string>>): Plan {
  return makePlan({ name: kernel.name, replicas: 1, values: {}, results: {}, operations: [operation({ kernel, label: kernel.name, shape, bindings })] });
}
