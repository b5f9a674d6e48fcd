/** Pages of the documentation that list what a model is made of, and how it is fused: out of the registries. */
import { rulesOf, type Fusion } from '../compile/tiles.ts';
import { ACTIVATIONS } from '../kernels/activations/all.ts';
import { layerTypes } from '../model/layers/all.ts';
import type { Loss, LossType } from '../model/losses/index.ts';
import { LOSS_TYPES } from '../model/losses/all.ts';
import { FUSION_RULES } from '../ops/rules/index.ts';
import { MEANINGS } from '../ops/rules/meanings.ts';
import type { Page } from './docs-page.ts';

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const code = (text: string): string => `\`${text}\``;

const layers = (): Page => ({
  name: 'layers', title: 'Layers',
  text: 'What a model may be made of. A hyperparameter may be a schedule, and differ from replica to replica.\n\n' + table(
    ['layer', 'inputs', 'hyperparameters', 'each output depends on'],
    Object.values(layerTypes()).map(({ maker, joins, numbers = {}, isElementwise }) => [
      code(maker), joins === 'equal' ? 'two or more of one size' : joins === 'any' ? 'two or more' : 'one', Object.keys(numbers).map(code).join(', ') || 'none', isElementwise ? 'its own input' : 'all inputs',
    ]),
  ),
});

const activations = (): Page => ({
  name: 'activations', title: 'Activations',
  text: 'Each is a library of WGSL with two functions: `activate(z)`, and `slope(gradient, stored)`, the gradient times the ' +
    `derivative. What they call besides is in shaders/lib.\n\n${Object.values(ACTIVATIONS).map(({ name, source, stored, keepsZero, keepsMask }) => [
      `## ${name}`,
      `Its derivative is computed from its ${stored}. ${keepsZero ? 'It keeps 0, and so what pads a row.' : 'It does not keep 0: what pads a row is masked.'}` +
        (keepsMask ? ' Its zeros are the mask of its gradient: backward draws no dropout mask again.' : ''),
      `\`\`\`wgsl\n${source.trimEnd()}\n\`\`\``,
    ].join('\n\n')).join('\n\n')}`,
});

const kernelNames = ({ kernel, prediction }: LossType<Loss>): string[] =>
  [kernel.name, ...(typeof prediction === 'object' && 'kernel' in prediction ? [prediction.kernel.name] : []), 'head'];

/** Those that it has where they are declared. */
const numbersOf = ({ type, numbers }: LossType<Loss>): string => numbers({ type, smoothing: 0 } as Loss).keys.map(code).join(', ') || 'none';

const targetsOf = ({ targets }: LossType<Loss>): string => targets.map((kind) => (kind === 'class' ? 'the index of a class' : 'a vector')).join(', or ');

const losses = (): Page => ({
  name: 'losses', title: 'Losses',
  text: `What a network is trained on.\n\n${table(
    ['loss', 'targets', 'the network\'s outputs', 'its numbers', 'kernels'],
    (Object.values(LOSS_TYPES) as unknown as readonly LossType<Loss>[]).map((loss) => [
      code(loss.maker), targetsOf(loss), loss.outputs, numbersOf(loss), kernelNames(loss).map((name) => `[${name}](${name}.md)`).join(', '),
    ]),
  )}`,
});

const FUSIONS: readonly Fusion[] = ['none', 'layer', 'full'];

const fusions = (): Page => ({
  name: 'fusion-rules', title: 'Fusion rules',
  text: 'What layers say in small operations becomes few dispatches by these rules, in this order. `gradshader plan` prints ' +
    `which of them fired on what, and why another did not.\n\n${table(
      ['rule', 'what it does', 'fusions that ask for it'],
      FUSION_RULES.map(({ name }) => [code(name), MEANINGS[name]!, FUSIONS.filter((fusion) => rulesOf(fusion).includes(name)).map(code).join(', ')]),
    )}`,
});

export const registryPages = (): Page[] => [layers(), activations(), losses(), fusions()];
