/** Pages of the documentation that are made from registries: Markdown, one page per composed WGSL text. */
import { kernels } from '../kernels/index.ts';
import { OPTIMIZER_NAMES, optimizerTypeOf } from '../model/optimizers/named.ts';
import type { Dispatch } from '../scheduler/dispatch.ts';
import { wgslOf } from '../webgpu/wgsl.ts';
import type { Page } from './docs-page.ts';
import { registryPages } from './docs-registries.ts';
import { headline, kernelDispatch, updateDispatch } from './kernel.ts';
import { formatFlops } from './plan.ts';
import { formatBytes } from './table.ts';

const fenced = (code: string): string => `\`\`\`wgsl\n${code.trimEnd()}\n\`\`\``;

const bindingTable = ({ bindings }: Dispatch): string => [
  '| binding | name | access | buffer |',
  '| --- | --- | --- | --- |',
  ...bindings.map(({ name, access, buffer }, i) => `| ${i} | \`${name}\` | ${access} | \`${buffer}\` |`),
].join('\n');

const cost = ({ label, grid, flops, bytes }: Dispatch): string =>
  `Shown as composed for *${label}* of 784-1000-500-10 at batch 128: ${grid.join(' x ')} workgroups, ${formatFlops(flops)}, ` +
  `${formatBytes(bytes)} moved.`;

/** The text of a dispatch, with the command that prints it. */
const wgsl = (dispatch: Dispatch, command: string): string => [
  cost(dispatch), bindingTable(dispatch),
  '## The WGSL that runs',
  'Constants first, then the kernel\'s file, then the library files it names. The same text is printed by',
  `\`\`\`sh\n${command}\n\`\`\``,
  fenced(wgslOf(dispatch)),
].join('\n\n');

const kernelPage = ({ name, source }: (typeof kernels)[number]): Page => ({
  name, title: name,
  text: `${headline(source)}.\n\n${wgsl(kernelDispatch(name), `gradshader kernel ${name}`)}`,
});

const rulePage = (rule: string): Page => {
  const dispatch = updateDispatch(rule, { l1: 'prox' }, ['none']);
  const text = `The update of **${rule}**, made by {@link gradshader.${optimizerTypeOf(rule).maker}}, with a proximal L1 penalty, over all parameters in one dispatch.`;
  return { name: `update-${rule}`, title: rule, text: `${text}\n\n${wgsl(dispatch, `gradshader kernel ${rule} --l1 prox --kernel ${dispatch.kernel}`)}` };
};

/** All of them, as they stand in the navigation. @param table Markdown of the optimizer x regularizer table, if it is there */
export function pages(table?: string): Page[] {
  const children = kernels.map(kernelPage), rules = OPTIMIZER_NAMES.map(rulePage);
  const listed = kernels.map(({ name, source }) => `| [${name}](${name}.md) | ${headline(source)} |`);
  return [
    ...(table === undefined ? [] : [{ name: 'pairs', title: 'Optimizers and regularizers', text: table.replace(/^# .*\n+/, '') }]),
    ...registryPages(),
    {
      name: 'updates', title: 'WGSL of the updates', children: rules,
      text: 'Every optimizer with a proximal L1 penalty, as the WGSL that runs. Learning rates and strengths are data, not ' +
        `text.\n\n${rules.map(({ name, title }) => `- [${title}](${name}.md)`).join('\n')}`,
    },
    {
      name: 'kernels', title: 'WGSL of the kernels', children,
      text: `Every kernel, as the WGSL that runs.\n\n| kernel | what it does |\n| --- | --- |\n${listed.join('\n')}`,
    },
  ];
}
