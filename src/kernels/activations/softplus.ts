import source from '../../../shaders/lib/activations/softplus.wgsl';
import logistic from '../../../shaders/lib/logistic.wgsl';
import passesNan from '../../../shaders/lib/passes-nan.wgsl';
import type { Activation } from './activation.ts';

export const softplus: Activation<'softplus'> = { name: 'softplus', source, libraries: [passesNan, logistic], stored: 'input', keepsZero: false, keepsMask: false };
