/** The words of a row's entry, one per step and replica, in the order of `StepRow` in `shaders/lib/row.wgsl`. */

export const HEADER_FIELDS = [
  'step', 'position', 'count', 'isActive', 'seedLow', 'seedHigh', 'order', 'slot', 'groupCount', 'startsGroup', 'endsGroup', 't',
  'averageWeight', 'clip', 'averageStart', 'averageEvery',
] as const;

/** Numbers of one tensor, all f32: those of its group. */
export const TENSOR_FIELDS = [
  'stepSize', 'coefficient', 'momentum', 'gradientWeight', 'beta2', 'oneMinusBeta2', 'inverseC2', 'epsilon',
  'epsilonRoot', 'logBeta1', 'logBeta2', 'decay', 'l1Subgradient', 'l2Coupled', 'l1Threshold', 'l2Proximal',
  'l1Decoupled', 'l1Total', 'nonNegative', 'groupThreshold', 'normBound', 'activityL1', 'activityL2',
  'orthogonal',
] as const;

/** Of a dropout, an activation or the loss. */
export const LAYER_FIELDS = ['threshold', 'scale', 'first', 'second'] as const;

/** Of the header's and the layers' words these are f32, the others u32. */
export const F32_FIELDS: readonly string[] = ['averageWeight', 'clip', 'scale', 'first', 'second'];

/** Bits of a group's index: a row holds one for every tensor, packed into vec4s of u32. */
export const groupBits = (groups: number): number => (groups > 256 ? 16 : 8);
export const groupVectors = (tensors: number, groups: number): number => Math.ceil((tensors * groupBits(groups)) / 128);

/** Where a tensor's group lies in those: the word, and the bits below it. */
export function groupPlace(tensor: number, groups: number): { word: number; shift: number } {
  const bit = groupBits(groups) * tensor;
  return { word: bit >>> 5, shift: bit & 31 };
}
