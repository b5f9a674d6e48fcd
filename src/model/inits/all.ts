/** All inits at once, for what asks for them by their names: a page loads this where it names one that no maker brought. */

import { knowInit, INIT_NAMES } from './index.ts';
import { isMatrixInit, type Init, type Values } from './init.ts';
import { matrix } from './matrix.ts';
import { plain } from './plain.ts';
import { scaled } from './scaled.ts';
import { checkSettings } from './settings.ts';
import { truncated } from './truncated.ts';

function valuesOf(init: Init): Values {
  if (isMatrixInit(init)) return matrix as Values;
  if (/^(random|constant)/.test(init.type)) return plain as Values;
  return (/Truncated/.test(init.type) ? truncated : scaled) as Values;
}

export const knowAllInits = (): void =>
  INIT_NAMES.forEach((type) => knowInit(type, { values: valuesOf({ type } as Init), check: checkSettings }));
