import source from '../../../shaders/lib/activations/elu.wgsl';
import expm1 from '../../../shaders/lib/expm1.wgsl';
import passesNan from '../../../shaders/lib/passes-nan.wgsl';
import type { Activation } from './activation.ts';

export const elu: Activation<'elu'> = { name: 'elu', source, libraries: [passesNan, expm1], stored: 'output', keepsZero: true, keepsMask: false };
