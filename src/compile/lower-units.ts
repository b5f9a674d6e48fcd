/** Rules on the norms of units, behind the update. */

import { unitConstraint } from '../kernels/index.ts';
import { unitWeights } from '../model/network.ts';
import type { UnitRulesOp } from '../ops/op.ts';
import { operation, type Operation } from '../scheduler/graph.ts';
import { rowShape, type Build } from './build.ts';
import type { Lowerings } from './lowering.ts';
import { arenaOf } from './lower-update.ts';

const unitRules = (build: Build, { label }: UnitRulesOp): Operation => operation({
  kernel: unitConstraint,
  label,
  shape: { row: rowShape(build), weights: unitWeights(build.network, build.lassoFactors), rule: build.rule, arena: arenaOf(build) },
  bindings: { units: 'units', parameters: 'parameters', state: 'state', skips: 'skips' },
});

export const lowerings: Lowerings = { unitRules: ({ build }, op) => [unitRules(build, op)] };
