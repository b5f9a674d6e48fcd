import elementLoss from '../../../shaders/lib/element-loss.wgsl';
import elementRow from '../../../shaders/lib/element-row.wgsl';
import targets from '../../../shaders/lib/targets.wgsl';
import type { LossLibraries } from './loss.ts';

/** A loss that goes element by element, from its own libraries. */
export const elementLibraries = <Type extends string>(type: Type, ...own: readonly string[]): LossLibraries & { readonly type: Type } =>
  ({ type, libraries: () => [targets, ...own, elementLoss], row: [elementRow] });
