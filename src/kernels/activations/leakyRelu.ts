import source from '../../../shaders/lib/activations/leakyRelu.wgsl';
import passesNan from '../../../shaders/lib/passes-nan.wgsl';
import type { Activation } from './activation.ts';

export const leakyRelu: Activation<'leakyRelu'> = { name: 'leakyRelu', source, libraries: [passesNan], stored: 'output', keepsZero: true, keepsMask: false };
