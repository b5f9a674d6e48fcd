/** Networks that differ in their activations and inits, and how their words become groups. Pure but for the words' errors. */
import { InvalidArgumentError } from 'commander';
import { InputError } from '../../errors.ts';
import { ACTIVATION_NAMES, type ActivationName } from '../../kernels/activations/index.ts';
import type { Init } from '../../model/inits/init.ts';
import { didYouMean } from '../../options.ts';
import { LayersError, parseInits } from '../layers.ts';
import { networkText } from '../settings.ts';
import { shortNumber } from './methods.ts';
import type { CompareSettings, Group } from './types.ts';

/** What `--inits constant` alone is: small enough that sums over a layer of 64 units shrink. */
const USUAL = { constant: [0.01], randomUniform: [-0.05, 0.05], randomNormal: [0, 0.05] } as const;

/** Deep enough to see what vanishes. */
export const DEEP: readonly number[] = Array.from({ length: 8 }, () => 64);

/** Steps done when deviations are measured; of shorter trainings the last one. */
export const LOOKS: readonly number[] = [0, 100];

/** @throws InvalidArgumentError */
function different<T>(values: readonly T[], label: (value: T) => string): T[] {
  const twice = values.map(label).find((text, i, all) => all.indexOf(text) < i);
  if (twice !== undefined) throw new InvalidArgumentError(`${twice} is named twice.`);
  return [...values];
}

/** @throws InvalidArgumentError */
export function parseActivations(text: string): ActivationName[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !(ACTIVATION_NAMES as readonly string[]).includes(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is no activation. Wanted some of ${ACTIVATION_NAMES.join(', ')}, with commas between them.${didYouMean(wrong, ACTIVATION_NAMES)}`);
  return different(names as ActivationName[], (name) => name);
}

/** @throws InvalidArgumentError */
export function parseInitList(text: string): Init[] {
  try {
    return different(parseInits(text, USUAL), initText);
  } catch (error) {
    if (!(error instanceof LayersError)) throw error;
    throw new InvalidArgumentError(error.message);
  }
}

/** `constant 0.01`. */
const initText = ({ type, ...numbers }: Init): string => [type, ...Object.values(numbers).map((value) => shortNumber(value as number))].join(' ');

/** Every activation with every init; of what is not given each network has what it would have. */
export function variantGroups(activations: readonly ActivationName[] | undefined, inits: readonly Init[] | undefined): Group[] {
  return (activations ?? [undefined]).flatMap((activation) => (inits ?? [undefined]).map((init): Group => {
    const label = [activation, ...(init ? [initText(init)] : [])].filter((text) => text !== undefined).join(', ');
    return { id: label, label, overrides: {}, change: { ...(activation && { activation }), ...(init && { init }) } };
  }));
}

/** What all of them have between input and output. */
export const networkOf = ({ base, groups }: Pick<CompareSettings, 'base' | 'groups'>): string => networkText(base, groups.every(({ change }) => change?.activation === undefined));

/** What is of methods and paths, or of networks that are all alike. */
const EXCLUDED = ['methods', 'path', 'folds', 'points', 'l1', 'l2', 'dropout', 'inputDropout', 'maxNorm'];

/** @param given options by commander's names @throws InputError */
export function checkVariants(given: Readonly<Record<string, unknown>>, flagOf: (name: string) => string): void {
  const { activations, inits, layers, activation, init, hidden } = given, has = (value: unknown): boolean => value !== undefined;
  if (!has(activations) && !has(inits)) {
    if (has(layers)) throw new InputError('--layers is here of --activations and --inits: methods put dropout into the network themselves. Give one of these two, or --hidden.');
    return;
  }
  const other = EXCLUDED.find((name) => has(given[name]));
  if (other !== undefined) throw new InputError(`${flagOf(other)} cannot be given with --activations or --inits: these compare networks without penalties and dropout of their own. Leave one of them out.`);
  if (has(activations) && has(activation)) throw new InputError('--activation cannot be given with --activations. Put it into that list.');
  if (has(inits) && has(init)) throw new InputError('--init cannot be given with --inits. Put it into that list.');
  if (has(layers) && has(hidden)) throw new InputError('--layers says every layer: --hidden cannot be given with it. Leave one of them out.');
}
