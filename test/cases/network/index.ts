/** Whole networks: every host runs these. */
import type { Case } from '../../hosts/cases.ts';
import { goldenCases } from './golden.ts';
import { gradientCases } from './gradients.ts';
import { replicaCases } from './replicas.ts';
import { ruleCases } from './rules.ts';
import { runCases } from './runs.ts';
import { tileCases } from './tiles.ts';

export const networkCases: readonly Case[] = [...goldenCases, ...gradientCases, ...replicaCases, ...ruleCases, ...runCases, ...tileCases];
