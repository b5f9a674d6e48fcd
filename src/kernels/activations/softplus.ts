import source from '../../../shaders/lib/activations/softplus.wgsl';
import log1p from '../../../shaders/lib/log1p.wgsl';
import logistic from '../../../shaders/lib/logistic.wgsl';
import passesNan from '../../../shaders/lib/passes-nan.wgsl';
import type { Activation } from './activation.ts';

export const softplus: Activation<'softplus'> = { name: 'softplus', source, libraries: [passesNan, log1p, logistic], stored: 'input', keepsZero: false, keepsMask: false };
