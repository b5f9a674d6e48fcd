import source from '../../../shaders/lib/activations/geluTanh.wgsl';
import logistic from '../../../shaders/lib/logistic.wgsl';
import passesNan from '../../../shaders/lib/passes-nan.wgsl';
import type { Activation } from './activation.ts';

export const geluTanh: Activation<'geluTanh'> = { name: 'geluTanh', source, libraries: [passesNan, logistic], stored: 'input', keepsZero: true, keepsMask: false };
