/** Every case that is run on every host. */
import type { Case } from '../hosts/cases.ts';
import { deviceCases } from './device.ts';

export const cases: readonly Case[] = [...deviceCases];
