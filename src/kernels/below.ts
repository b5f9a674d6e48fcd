/** What lies between a layer's inputs and the product below: activation, dropout, penalties (`shaders/lib/layer-below.wgsl`). */

import dropoutLibrary from '../../shaders/lib/dropout.wgsl';
import layerBelow from '../../shaders/lib/layer-below.wgsl';
import philox from '../../shaders/lib/philox.wgsl';
import { dropoutConstants, type Dropout } from './dropout.ts';
import type { Constants } from './kernel.ts';

export interface Below {
  /** The activation below, whose slope the gradient takes. */
  readonly activation?: string | undefined;
  /** Its entry in the row's `layers`, where it has a number. */
  readonly entry?: number | undefined;
  /** The dropout below, behind the activation. */
  readonly dropout?: Dropout | undefined;
  /** Whether its mask is drawn again. Not where an activation's own zeros are the mask. */
  readonly draws?: boolean | undefined;
  /** Whether the slope must undo its scale: what is stored went through it. */
  readonly unscales?: boolean | undefined;
  /** The tensor in whose row the penalties on the layer's activations are. Absent: there are none. */
  readonly activity?: number | undefined;
}

export const belowConstants = ({ activation, entry, dropout, draws = false, unscales = false, activity }: Below): Constants => ({
  SLOPE: activation !== undefined,
  DRAW_DROPOUT: draws,
  UNSCALE: unscales,
  ACTIVITY: activity !== undefined,
  ACTIVITY_TENSOR: activity ?? 0,
  ...dropoutConstants(dropout),
  ...(entry !== undefined && { ACTIVATION_LAYER: entry }),
});

/** Its libraries but the activation's. */
export const belowLibraries: readonly string[] = [layerBelow, dropoutLibrary, philox];

/** Whether the stored activations are read. */
export const readsStored = ({ activation, activity }: Below): boolean => activation !== undefined || activity !== undefined;
