/** All activations at once, for what lists them. A page loads those that it names. */

import type { Activation } from './activation.ts';
import { elu } from './elu.ts';
import { gelu } from './gelu.ts';
import { geluTanh } from './geluTanh.ts';
import { hardSwish } from './hardSwish.ts';
import { leakyRelu } from './leakyRelu.ts';
import { prelu } from './prelu.ts';
import { relu } from './relu.ts';
import { selu } from './selu.ts';
import { sigmoid } from './sigmoid.ts';
import { silu } from './silu.ts';
import { softplus } from './softplus.ts';
import { tanh } from './tanh.ts';
import { know, type ActivationName } from './index.ts';

export const ACTIVATIONS = { relu, leakyRelu, prelu, elu, selu, sigmoid, tanh, softplus, silu, gelu, geluTanh, hardSwish } as const satisfies { readonly [Name in ActivationName]: Activation<Name> };

export const knowAll = (): void => Object.values(ACTIVATIONS).forEach(know);
