import source from '../../../shaders/lib/activations/hardSwish.wgsl';
import passesNan from '../../../shaders/lib/passes-nan.wgsl';
import type { Activation } from './activation.ts';

export const hardSwish: Activation<'hardSwish'> = { name: 'hardSwish', source, libraries: [passesNan], stored: 'input', keepsZero: true, keepsMask: false };
