import activatedBySlopes from '../../../shaders/lib/activated-by-slopes.wgsl';
import source from '../../../shaders/lib/activations/prelu.wgsl';
import passesNan from '../../../shaders/lib/passes-nan.wgsl';
import slopes from '../../../shaders/lib/slopes.wgsl';
import type { Activation } from './activation.ts';

export const prelu: Activation<'prelu'> = { name: 'prelu', source, libraries: [passesNan, slopes], activated: activatedBySlopes, stored: 'input', keepsZero: true, keepsMask: false };
