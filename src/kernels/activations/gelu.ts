import source from '../../../shaders/lib/activations/gelu.wgsl';
import normal from '../../../shaders/lib/normal.wgsl';
import passesNan from '../../../shaders/lib/passes-nan.wgsl';
import type { Activation } from './activation.ts';

export const gelu: Activation<'gelu'> = { name: 'gelu', source, libraries: [passesNan, normal], stored: 'input', keepsZero: true, keepsMask: false };
