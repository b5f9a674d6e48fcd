/** How weights begin where nobody says: as the activation behind their layer asks. */

import type { Init, InitName } from './inits/init.ts';
import { isActivationLayer } from './layers/activation.ts';
import type { Layer } from './layers/index.ts';
import { inputsOf, type Model } from './model.ts';

const USUAL: InitName = 'heNormal';

/** Others than ReLU and its kin: Klambauer et al. 2017; Glorot, Bengio 2010. */
const BY_ACTIVATION: { readonly [Type in Layer['type']]?: InitName } = { selu: 'lecunNormal', sigmoid: 'glorotUniform', tanh: 'glorotUniform' };

/** The activation that a layer's output comes to before another dense layer does: through the first layer that reads it. */
function activationsBehind(model: Model): (Layer['type'] | undefined)[] {
  const found: (Layer['type'] | undefined)[] = [];
  for (let at = model.layers.length - 1; at >= 0; at--) {
    const readers = model.layers.flatMap((layer, reader) => (inputsOf(model, reader).includes(at) ? [isActivationLayer(layer) ? layer.type : layer.type === 'dense' || layer.type === 'tied' ? undefined : found[reader]] : []));
    found[at] = readers.find((type) => type !== undefined);
  }
  return found;
}

/** One for each layer; a layer without an activation takes that of the dense layer before it. */
export function defaultInits(model: Model): Init[] {
  const behind = activationsBehind(model);
  let last = USUAL;
  return model.layers.map(({ type }, at): Init => {
    if (type === 'dense' && behind[at] !== undefined) last = BY_ACTIVATION[behind[at]] ?? USUAL;
    return { type: last } as Init;
  });
}
