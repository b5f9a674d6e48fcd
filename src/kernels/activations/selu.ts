import source from '../../../shaders/lib/activations/selu.wgsl';
import expm1 from '../../../shaders/lib/expm1.wgsl';
import passesNan from '../../../shaders/lib/passes-nan.wgsl';
import type { Activation } from './activation.ts';

export const selu: Activation<'selu'> = { name: 'selu', source, libraries: [passesNan, expm1], stored: 'output', keepsZero: true, keepsMask: false };
