/** What a configuration names and a page may not have yet. */

import { loadInitsOf } from './inits/load.ts';
import { loadActivationsOf } from './layers/activation.ts';
import { loadLoss } from './losses/index.ts';

/** Brings the activations, the inits and the loss of a configuration that nobody has checked yet. */
export async function loadNamed(config: { readonly model?: { readonly layers?: unknown }; readonly loss?: unknown } | undefined): Promise<void> {
  await Promise.all([loadActivationsOf(config?.model), loadInitsOf(config?.model), loadLoss(config?.loss)]);
}
