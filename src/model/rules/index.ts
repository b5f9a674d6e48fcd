/** Rules of optimizers by name: those that are known, brought by their makers or loaded. */

import { knowKernel } from '../../kernels/optimizers/index.ts';
import { RULE_NAMES, type RuleName } from '../../kernels/rule.ts';
import type { OptimizerRule, RuleModel } from './rule.ts';

const known = new Map<RuleName, RuleModel>();

/** From here on it is found by its name. */
export function know({ name, model, kernel }: OptimizerRule): void {
  known.set(name, model);
  knowKernel(name, kernel);
}

/** Loads the rules where an optimizer, which nobody has checked yet, names one that is not known: no maker made it. */
export async function loadRuleOf(optimizer: { readonly rule?: unknown } | undefined): Promise<void> {
  const name = RULE_NAMES.find((one) => one === optimizer?.rule);
  if (name !== undefined && !known.has(name)) (await import('./all.ts')).RULES.forEach(know);
}

/** That of one that is known. */
export const modelOf = (rule: RuleName): RuleModel => known.get(rule)!;
