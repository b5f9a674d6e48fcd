import finite from '../../shaders/lib/finite.wgsl';
import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/snapshot.wgsl';
import { ROW_BINDING, spread, type DispatchShape, type Kernel } from './kernel.ts';

/** What a flag holds while its tensor has always been finite. */
export const NO_FLAG = 0xffffffff;

/** What a flag says: the first step at which something was not finite, and whether that was the optimizer's state alone. */
export interface Flagged {
  readonly step: number;
  readonly isState: boolean;
}

/** As `shaders/lib/update.wgsl` writes it. */
export const flagOf = ({ step, isState }: Flagged): number => 2 * step + Number(isState);

export const flagged = (flag: number): Flagged | undefined =>
  (flag === NO_FLAG ? undefined : { step: Math.floor(flag / 2), isState: flag % 2 === 1 });

/**
 * The largest loss of weights that are good. Above it neighbouring numbers of f32 are 2 or more apart, further than a guess
 * among seven classes (log 7) is from a certain right answer: such a loss tells no weights from others.
 */
export const MOST_LOSS = 2 ** 24;

/** Of a loss of values, which may be of any size: what f32 holds. */
const MOST_OF_VALUES = (2 - 2 ** -23) * 2 ** 127;

/** @param hasHits whether the loss is one of classes or labels */
export const mostLoss = (hasHits: boolean): number => (hasHits ? MOST_LOSS : MOST_OF_VALUES);

export interface SnapshotShape extends DispatchShape {
  /** Floats per replica, a multiple of 4. */
  readonly length: number;
  /** Samples of a batch, and floats from one replica's losses to the next. */
  readonly batch: number;
  readonly samplesStride: number;
  /** The largest loss of weights that are good. Default MOST_LOSS. */
  readonly mostLoss?: number;
}

const WORKGROUP_X = 64;

/** vec4s of one workgroup. */
const CHUNK = 16 * WORKGROUP_X;

const groups = (shape: SnapshotShape): { x: number; y: number } => spread(Math.ceil(shape.length / (4 * CHUNK)));

export const snapshot: Kernel<SnapshotShape> = {
  name: 'snapshot',
  source,
  libraries: () => [row, finite],
  bindings: [
    ROW_BINDING,
    { name: 'source', access: 'read' },
    { name: 'flags', access: 'read', type: 'u32' },
    { name: 'samples', access: 'read' },
    { name: 'copy', access: 'read-write' },
  ],
  constants: (shape) => ({
    LENGTH4: shape.length / 4, GRID_X: groups(shape).x, NO_FLAG, WORKGROUP_X, CHUNK, BATCH: shape.batch, SAMPLES_STRIDE: shape.samplesStride,
    MOST_LOSS: { f32: shape.mostLoss ?? MOST_LOSS },
  }),
  grid: (shape) => [groups(shape).x, groups(shape).y, shape.row.replicas],
  flops: () => 0,
  bytes: (shape) => 8 * shape.row.replicas * shape.length,
};
