/** What a configuration names and a page may not have yet. */

import { loadInitsOf } from './inits/load.ts';
import { loadActivationsOf } from './layers/activation.ts';
import { loadLayersOf } from './layers/known.ts';
import { loadLoss } from './losses/index.ts';
import { loadRuleOf } from './rules/index.ts';

interface Named {
  readonly model?: { readonly layers?: unknown };
  readonly loss?: unknown;
  readonly optimizer?: { readonly rule?: unknown };
}

/** Brings the layers, the activations, the inits, the loss and the optimizer's rule of a configuration that nobody has checked yet. */
export async function loadNamed(config: Named | undefined): Promise<void> {
  await Promise.all([loadActivationsOf(config?.model), loadLayersOf(config?.model), loadInitsOf(config?.model), loadLoss(config?.loss), loadRuleOf(config?.optimizer)]);
}
