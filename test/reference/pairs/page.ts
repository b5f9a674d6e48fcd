/** The page on pairs, from verdicts. */
import { RULE_NAMES, type RuleName } from '../../../src/kernels/rule.ts';
import type { Verdict } from '../../../src/model/pairs.ts';
import { COLUMN_NAMES, columnOf, type ColumnName } from './columns.ts';

const INTRODUCTION = `# Optimizers and regularizers

A penalty means what it says only where the optimizer comes to rest at the minimum of *loss + penalty*. Most optimizers do
not with most ways of writing a penalty: under momentum 0.9 the usual soft threshold solves a lasso ten times too weak.
This table says which do. The test that writes it trains each pair to rest in float64, on a quadratic loss whose penalised
minimum is known, with a learning rate that falls to 0.

- **exact**: rests at the stated minimum. Lasso, elastic net, group lasso and non-negative weights have exact zeros.
- *other*: rests elsewhere; the note names what it solves instead.
- **refused**: an \`InputError\`; the note says what to use.

In the notes k is the optimizer's gain and D its metric: at rest it moves a weight by learningRate \\* k \\* gradient / D.

- k is (1 - dampening) / (1 - momentum) where there is momentum, and 1 elsewhere, for nadam about 1.
- D is 1 for sgd, momentum and nesterov; about the root of the mean squared gradient for adam and its kin; the deviation of
  the gradient for centered rmsprop; the root of the sum of all squared gradients for adagrad; for lion the size of what it
  takes the sign of; for lars one over the trust ratio.
`;

const AFTERWORD = `
The elastic net is L1 and L2 proximal together. Penalties on activations and the orthogonal penalty are parts of the
gradient, and so exact wherever the loss is. That decoupled decay bounds the weights was found for lion by Chen, Liu, Liang
and Liu (2023, "Lion secretly solves constrained optimization") and for adamw by Xie and Li (2024, "Implicit bias of AdamW").

Lion and lars do not average noisy gradients: with small batches they rest beside the minimum, of the loss as well as of the
penalised one.
`;

const WORDS: Readonly<Record<Verdict['kind'], string>> = { exact: 'exact', different: '*other*', refused: '**refused**' };

const noteOf = (verdict: Verdict): string | undefined => {
  switch (verdict.kind) {
    case 'exact': return verdict.note;
    case 'different': return verdict.objective;
    case 'refused': return verdict.why;
  }
};

/** Columns under one head must have one verdict. */
function verdictUnder(title: string, optimizer: RuleName, verdictOf: (optimizer: RuleName, column: ColumnName) => Verdict): Verdict {
  const verdicts = COLUMN_NAMES.filter((name) => columnOf(name).title === title).map((name) => verdictOf(optimizer, name));
  if (new Set(verdicts.map((verdict) => JSON.stringify(verdict))).size !== 1) throw new Error(`${optimizer}: ${title} are not one column.`);
  return verdicts[0]!;
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;

/** Markdown with the table and its notes, numbered as they first appear. */
export function pageOf(verdictOf: (optimizer: RuleName, column: ColumnName) => Verdict): string {
  const titles = [...new Set(COLUMN_NAMES.map((name) => columnOf(name).title))];
  const notes: string[] = [];
  const mark = (verdict: Verdict): string => {
    const word = WORDS[verdict.kind], note = noteOf(verdict);
    if (note === undefined) return word;
    if (!notes.includes(note)) notes.push(note);
    return `${word}<sup>${notes.indexOf(note) + 1}</sup>`;
  };
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = RULE_NAMES.map((optimizer) => row([`\`${optimizer}\``, ...titles.map((title) => mark(verdictUnder(title, optimizer, verdictOf)))]));
  return [
    INTRODUCTION, row(['', ...titles]), row(['', ...titles].map(() => '---')), ...rows, '',
    ...notes.map((note, i) => `${i + 1}. ${sentence(note).replaceAll('*', '\\*')}`), AFTERWORD,
  ].join('\n');
}
