import { isKnownInit } from './index.ts';

/** Loads the inits of a model that nobody has checked yet, where some are named that no maker brought. */
export async function loadInitsOf(model: { readonly layers?: unknown } | undefined): Promise<void> {
  if (!Array.isArray(model?.layers)) return;
  interface Own { readonly type?: unknown; readonly init?: Own | null; readonly biasInit?: Own | null; readonly activation?: Own | null }
  const namesOf = (layer: Own | null | undefined): unknown[] =>
    [layer?.init?.type, layer?.biasInit?.type, ...(layer?.type === 'prelu' ? ['constant'] : []), ...(layer?.activation ? namesOf(layer.activation) : [])];
  const named = model.layers.flatMap(namesOf);
  if (named.some((name) => name !== undefined && !isKnownInit(name))) (await import('./all.ts')).knowAllInits();
}
