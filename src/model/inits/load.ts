import { isKnownInit } from './index.ts';

/** Loads the inits of a model that nobody has checked yet, where some are named that no maker brought. */
export async function loadInitsOf(model: { readonly layers?: unknown } | undefined): Promise<void> {
  if (!Array.isArray(model?.layers)) return;
  type Own = { readonly type?: unknown } | null | undefined;
  const named = model.layers.flatMap((layer: { readonly init?: Own; readonly biasInit?: Own } | null | undefined) => [layer?.init, layer?.biasInit]);
  if (named.some((init) => init && !isKnownInit(init.type))) (await import('./all.ts')).knowAllInits();
}
