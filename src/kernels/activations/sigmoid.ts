import source from '../../../shaders/lib/activations/sigmoid.wgsl';
import type { Activation } from './activation.ts';

export const sigmoid: Activation<'sigmoid'> = { name: 'sigmoid', source, stored: 'output', keepsZero: false, keepsMask: false };
