import type { Activation } from './activation.ts';

export const relu: Activation<'relu'> = { name: 'relu', stored: 'output', keepsZero: true, keepsMask: true };
