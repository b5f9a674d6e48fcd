import source from '../../../shaders/lib/activations/relu.wgsl';
import type { Activation } from './activation.ts';

export const relu: Activation<'relu'> = { name: 'relu', source, stored: 'output', keepsZero: true, keepsMask: true };
