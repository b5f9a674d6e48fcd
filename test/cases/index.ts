/** Every case that is run on every host. */
import type { Case } from '../hosts/cases.ts';
import { arenaCases } from './arena.ts';
import { denseCases } from './dense.ts';
import { deviceCases } from './device.ts';
import { fusedUpdateCases } from './fused-update.ts';
import { gatherCases } from './gather.ts';
import { lossCases } from './loss.ts';
import { networkCases } from './network/index.ts';
import type { KernelCase } from './run-kernel.ts';
import { updateCases } from './update.ts';

export const kernelCases: readonly KernelCase[] = [
  ...gatherCases, ...denseCases, ...lossCases, ...updateCases, ...fusedUpdateCases, ...arenaCases,
];

export const cases: readonly Case[] = [...deviceCases, ...kernelCases, ...networkCases];
