/** What the fusion rules made of a plan: which fired on what, and why another did not. */
import type { AdapterClass, Fusion } from '../compile/tiles.ts';
import { gradientsFor } from '../compile/rule.ts';
import { FUSION_RULES } from '../ops/rules/index.ts';
import { MEANINGS } from '../ops/rules/meanings.ts';
import type { Note } from '../scheduler/graph.ts';
import type { Plan } from '../scheduler/plan.ts';
import { prepare } from '../train/prepare.ts';
import type { TrainerConfig } from '../train/trainer-config.ts';

/** Which rules a plan was made with. */
export interface FusionChoice {
  readonly kind: Fusion;
  /** What gradients are kept for, which leaves no other choice. */
  readonly keptFor?: string;
}

/** @throws InputError */
export function fusionOf(config: TrainerConfig, adapter: AdapterClass): FusionChoice {
  const { fusion: kind, rule, accumulate } = prepare(config, adapter).build;
  const keptFor = gradientsFor(rule, accumulate);
  return { kind, ...(keptFor !== '' && { keptFor }) };
}

/** What became of one rule. */
export interface RuleReport {
  readonly name: string;
  readonly meaning: string;
  /** Labels of the operations, one entry for each time that it fired. */
  readonly fired: readonly string[];
  readonly refused: readonly { readonly on: string; readonly why: string }[];
}

/** Every rule, in the order in which they are applied. */
export const ruleReports = ({ notes }: Plan): RuleReport[] => FUSION_RULES.map(({ name }) => {
  const own = notes.filter(({ rule }) => rule === name);
  return {
    name, meaning: MEANINGS[name]!,
    fired: own.filter(({ fired }) => fired).map(({ on }) => on),
    refused: own.filter(({ fired }) => !fired).map(({ on, why = '' }: Note) => ({ on, why })),
  };
});

/** As many columns as the table of dispatches is ever wide. */
const COLUMNS = 90;

/** Lines of whole words. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A long list is its beginning and its end. */
const shortened = (list: readonly string[]): string[] =>
  (list.length <= 4 ? [...list] : [...list.slice(0, 2), `... ${list.length - 3} more ...`, list.at(-1)!]);

/** Each rule with what it means, and below it where it fired, and where not with the reason. */
export function formatRules(plan: Plan, { kind, keptFor }: FusionChoice): string[] {
  const reports = ruleReports(plan), left = Math.max(...reports.map(({ name }) => name.length)) + 4;
  /** Texts beside a title, or below one another. */
  const beside = (title: string, texts: readonly string[]): string[] =>
    texts.flatMap((text) => wrapped(text, COLUMNS - left)).map((line, i) => (i === 0 ? title : '').padEnd(left) + line);
  const lines = reports.flatMap(({ name, meaning, fired, refused }) => [
    ...beside(`  ${name}`, [meaning]),
    ...beside('    fired on', shortened(fired).map((on) => shortened(on.split(', ')).join(', '))),
    // Of a rule that was not asked for there is nothing else to be said.
    ...beside('    not fired', shortened(refused.map(({ on, why }) => (on === plan.name ? why : `${on}: ${why}`)))),
    ...(fired.length + refused.length === 0 ? ['    found nothing'] : []),
  ]);
  return [`Fusion ${kind}${keptFor === undefined ? '' : ` (gradients are kept for ${keptFor})`}, rule by rule`, ...lines];
}
