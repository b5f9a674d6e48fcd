/** What an optimizer's rule is: hyperparameters by name, how they become a row's numbers, and what its kernels know. */

import type { OptimizerKernel } from '../../kernels/optimizers/optimizer.ts';
import type { RuleName } from '../../kernels/rule.ts';
import type { Domain } from '../domains.ts';
import type { Role } from '../role.ts';

/** Numbers of one tensor's row that belong to the optimizer; see `shaders/lib/row.wgsl`. Missing ones are 0. */
export interface Coefficients {
  readonly stepSize: number;
  readonly coefficient?: number;
  readonly momentum?: number;
  readonly gradientWeight?: number;
  readonly beta2?: number;
  readonly oneMinusBeta2?: number;
  readonly inverseC2?: number;
  readonly epsilon?: number;
  readonly epsilonRoot?: number;
  readonly logBeta1?: number;
  readonly logBeta2?: number;
}

/** What a rule is asked for one tensor at one update. */
export interface Moment {
  /** Value of a hyperparameter now, and at the update before (now, at the first). */
  readonly at: (name: string) => number;
  readonly before: (name: string) => number;
  /** Number of the update, from 1; Infinity where the GPU counts, which makes every bias correction 1. */
  readonly t: number;
  readonly role: Role;
}

/** How a rule's hyperparameters become numbers of the row. In double precision. */
export interface RuleModel {
  readonly hyperparameters: Readonly<Record<string, Domain>>;
  coefficients(moment: Moment): Coefficients;
  /** k: at rest the rule moves a weight by learning rate * k * gradient / D; the factor of proximal thresholds. */
  gain(moment: Moment): number;
  /** The t from which on neither depends on t; absent: they may always. */
  readonly steadyFrom?: number;
}

const COMMON: Readonly<Record<string, Domain>> = { learningRate: 'non-negative', weightDecay: 'non-negative' };

/** All hyperparameters of a rule with their domains. */
export const domainsOf = (model: RuleModel): Readonly<Record<string, Domain>> => ({ ...COMMON, ...model.hyperparameters });

/** A rule, whole. */
export interface OptimizerRule {
  readonly name: RuleName;
  readonly model: RuleModel;
  readonly kernel: OptimizerKernel;
}
