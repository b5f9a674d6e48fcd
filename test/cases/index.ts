/** Every case that is run on every host. */
import type { Case } from '../hosts/cases.ts';
import { denseCases } from './dense.ts';
import { deviceCases } from './device.ts';
import { lossCases } from './loss.ts';
import type { KernelCase } from './run-kernel.ts';

export const kernelCases: readonly KernelCase[] = [...denseCases, ...lossCases];

export const cases: readonly Case[] = [...deviceCases, ...kernelCases];
