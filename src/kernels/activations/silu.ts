import source from '../../../shaders/lib/activations/silu.wgsl';
import logistic from '../../../shaders/lib/logistic.wgsl';
import passesNan from '../../../shaders/lib/passes-nan.wgsl';
import type { Activation } from './activation.ts';

export const silu: Activation<'silu'> = { name: 'silu', source, libraries: [passesNan, logistic], stored: 'input', keepsZero: true, keepsMask: false };
