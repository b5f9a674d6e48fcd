/** All layer types at once, for what lists them or cannot wait. */

import { addLayer } from './add.ts';
import { concatenateLayer } from './concatenate.ts';
import { know, knownLayers, type Layer } from './known.ts';
import type { LayerType } from './layer.ts';
import { sliceLayer } from './slice.ts';
import { softmaxLayer } from './softmax.ts';
import { tiedLayer } from './tied.ts';

export function knowAllLayers(): void {
  know(addLayer);
  know(concatenateLayer);
  know(sliceLayer);
  know(softmaxLayer);
  know(tiedLayer);
}

/** By name. */
export function layerTypes(): Readonly<Record<string, LayerType<Layer>>> {
  knowAllLayers();
  return Object.fromEntries(knownLayers().map((layer) => [layer.type, layer]));
}
