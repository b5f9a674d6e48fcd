/** The words of a row's entry, one per step and replica, in the order of `StepRow` in `shaders/lib/row.wgsl`. */

export const HEADER_FIELDS = [
  'step', 'position', 'count', 'isActive', 'seedLow', 'seedHigh', 'order', 'slot', 'groupCount', 'startsGroup', 'endsGroup', 't',
  'averageWeight', 'clip', 'averageStart', 'averageEvery',
] as const;

/** Numbers of one tensor, all f32. */
export const TENSOR_FIELDS = [
  'stepSize', 'coefficient', 'momentum', 'gradientWeight', 'beta2', 'oneMinusBeta2', 'inverseC2', 'epsilon',
  'epsilonRoot', 'logBeta1', 'logBeta2', 'decay', 'l1Subgradient', 'l2Coupled', 'l1Threshold', 'l2Proximal',
  'l1Decoupled', 'l1Total', 'nonNegative', 'groupThreshold', 'normMinimum', 'normMaximum', 'activityL1', 'activityL2',
  'orthogonal', 'unused0', 'unused1', 'unused2',
] as const;

/** Of a dropout, an activation or the loss. */
export const LAYER_FIELDS = ['threshold', 'scale', 'first', 'second'] as const;

/** Of the header's and the layers' words these are f32, the others u32. */
export const F32_FIELDS: readonly string[] = ['averageWeight', 'clip', 'scale', 'first', 'second'];
