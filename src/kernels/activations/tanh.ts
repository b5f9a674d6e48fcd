import source from '../../../shaders/lib/activations/tanh.wgsl';
import passesNan from '../../../shaders/lib/passes-nan.wgsl';
import type { Activation } from './activation.ts';

export const tanh: Activation<'tanh'> = { name: 'tanh', source, libraries: [passesNan], stored: 'output', keepsZero: true, keepsMask: false };
