/** Every case that is run on every host. */
import type { Case } from '../hosts/cases.ts';
import { activityCases } from './activity.ts';
import { arenaCases } from './arena.ts';
import { columnsCases } from './columns.ts';
import { denseCases } from './dense.ts';
import { deviceCases } from './device.ts';
import { elementLossCases } from './element-loss.ts';
import { fusedUpdateCases } from './fused-update.ts';
import { extremeCases } from './extremes.ts';
import { initCases } from './inits.ts';
import { gatherCases } from './gather.ts';
import { headLossCases } from './loss-head.ts';
import { softLossCases } from './loss-soft.ts';
import { lossCases } from './loss.ts';
import { networkCases } from './network/index.ts';
import { orthogonalCases } from './orthogonal.ts';
import { mapCases } from './map.ts';
import { slopeCases } from './slopes.ts';
import type { KernelCase } from './run-kernel.ts';
import { scaledUpdateCases } from './scaled-update.ts';
import { unitConstraintCases } from './unit-constraint.ts';
import { updateCases } from './update.ts';
import { optimCases } from './optim.ts';
import { viewArenaCases } from './views-arena.ts';
import { viewCases } from './views.ts';

export const kernelCases: readonly KernelCase[] = [
  ...gatherCases, ...denseCases, ...mapCases, ...columnsCases, ...lossCases, ...softLossCases, ...elementLossCases, ...headLossCases, ...updateCases, ...extremeCases, ...scaledUpdateCases, ...unitConstraintCases,
  ...fusedUpdateCases, ...arenaCases, ...viewCases, ...viewArenaCases,
  ...activityCases, ...orthogonalCases, ...slopeCases,
];

export const cases: readonly Case[] = [...deviceCases, ...initCases, ...kernelCases, ...networkCases, ...optimCases];
