/** The options of `gradshader bench`, and how their words become a run. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_OPTIONS, QUICK_OPTIONS, type BenchOptions } from '../../bench/options.ts';
import type { SuiteOptions } from '../../bench/suite.ts';
import { SUITES, type HostName, type SuiteName } from '../../bench/types.ts';
import { InputError } from '../../errors.ts';
import { parseCount, parsePositive } from '../options.ts';

export const BENCH_HOSTS = ['chrome', 'node', 'deno', 'firefox'] as const satisfies readonly HostName[];

/** What the parsers below give, by commander's names. */
export interface BenchCall {
  readonly suites: readonly SuiteName[];
  readonly host: HostName;
  readonly browser?: string;
  readonly runtime?: string;
  readonly adapter: 'default' | 'software';
  readonly quick?: true;
  readonly seconds?: number;
  readonly repetitions?: number;
  readonly budget?: number;
  readonly batch?: readonly number[];
  readonly replicas?: readonly number[];
  readonly optimizers?: readonly string[];
  readonly tune?: true;
  readonly out?: string;
  readonly compare?: string;
  readonly with?: string;
  readonly failAbove?: number;
  readonly bundle?: string;
}

/** Words of a list that are among `known`, in the order of `known`. */
function parseSome<Name extends string>(known: readonly Name[], text: string): Name[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !(known as readonly string[]).includes(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`There is no ${JSON.stringify(wrong)}: wanted some of ${known.join(', ')}, with commas between them.`);
  return known.filter((name) => names.includes(name));
}

const parseCounts = (text: string): number[] => [...new Set(text.split(',').map(parseCount))];

function parseFailAbove(text: string): number {
  const ratio = parsePositive(text);
  if (ratio < 1) throw new InvalidArgumentError('Wanted a ratio of 1 or more: 1.1 lets a time grow by 10 %.');
  return ratio;
}

const WHAT = 'What is measured:', WHERE = 'Where it runs:', OUTPUT = 'Output:';
const { seconds, repetitions, budgetSeconds, batchSizes, replicas, optimizers } = DEFAULT_OPTIONS;

export function addBenchOptions(command: Command): Command {
  const add = (group: string, flags: string, description: string, parse?: (text: string) => unknown, finish: (option: Option) => Option = (option) => option): void => {
    const option = new Option(flags, description).helpGroup(group);
    if (parse !== undefined) option.argParser(parse);
    command.addOption(finish(option)); // which reads the default, so that must be there
  };
  add(WHAT, '--suites <names>', `some of ${SUITES.join(', ')}`, (text) => parseSome(SUITES, text), (option) => option.default(SUITES, 'all'));
  add(WHAT, '--quick', 'for a look: fewer, shorter samples, batch 128 and two optimizers only');
  add(WHAT, '--batch <sizes>', `of the suite step (default: ${batchSizes.join(',')})`, parseCounts);
  add(WHAT, '--replicas <counts>', `networks trained side by side in the suite step (default: ${replicas.join(',')})`, parseCounts);
  add(WHAT, '--optimizers <names>', 'of the suite step (default: all)', (text) => parseSome(optimizers, text));
  add(WHAT, '--repetitions <n>', `samples of each result (default: ${repetitions})`, parseCount);
  add(WHAT, '--seconds <x>', `least time of work behind one sample (default: ${seconds})`, parsePositive);
  add(WHAT, '--budget <seconds>', `longest time of one result; what takes longer is left out and said (default: ${budgetSeconds})`, parsePositive);
  add(WHAT, '--tune', 'first time other tiles on this adapter, or take those of an earlier run (see gradshader tune)');
  add(WHERE, '--host <name>', 'headless Chrome, this Node process, Deno, or headless Firefox', undefined, (option) => option.choices(BENCH_HOSTS).default('chrome'));
  add(WHERE, '--browser <path>', 'with --host chrome or firefox: use this browser');
  add(WHERE, '--runtime <path>', 'with --host deno: use this Deno');
  add(WHERE, '--adapter <kind>', 'the GPU if there is one, or only a software adapter (the CPU)', undefined, (option) => option.choices(['default', 'software']).default('default'));
  add(OUTPUT, '--out <folder>', 'run folder, new or empty (default: runs/<date and time>)');
  add(OUTPUT, '--compare <file>', 'bench.json of an earlier run: print how much slower or faster this one is');
  add(OUTPUT, '--with <file>', 'compare that with this bench.json, and measure nothing');
  add(OUTPUT, '--fail-above <ratio>', 'exit with 3 where something is slower by more than this, e.g. 1.1', parseFailAbove);
  add(OUTPUT, '--bundle <file>', 'measure nothing: pack one file that runs the bench on a Linux machine without network or Node');
  return command;
}

const flagOf = (command: Command, name: string): string => command.options.find((option) => option.attributeName() === name)!.long!;
const isGiven = (command: Command, name: string): boolean => command.getOptionValueSource(name) === 'cli';

/** @throws InputError for options that contradict one another */
export function checkCall(call: BenchCall, command: Command): void {
  const alone = (name: string, allowed: readonly string[], why: string): void => {
    const other = command.options.map((option) => option.attributeName()).find((one) => one !== name && !allowed.includes(one) && isGiven(command, one));
    if (other !== undefined) throw new InputError(`${flagOf(command, other)} cannot be given with ${flagOf(command, name)}, which ${why}.`);
  };
  if (call.bundle !== undefined) return alone('bundle', [], 'measures nothing and only packs a file');
  if (call.with !== undefined) {
    if (call.compare === undefined) throw new InputError('--with names the later of two runs: give the earlier one with --compare.');
    return alone('with', ['compare', 'failAbove'], 'measures nothing');
  }
  if (call.failAbove !== undefined && call.compare === undefined) throw new InputError('--fail-above needs an earlier run to compare with: give its bench.json with --compare.');
  if (call.browser !== undefined && call.host !== 'chrome' && call.host !== 'firefox') throw new InputError(`--browser belongs to --host chrome or firefox, not ${call.host}.`);
  if (call.runtime !== undefined && call.host !== 'deno') throw new InputError(`--runtime belongs to --host deno, not ${call.host}.`);
}

/** What is written, and what it is compared with: no part of what is measured. */
const APART: readonly string[] = ['out', 'compare', 'failAbove'];

/** The command that measures the same again. */
function commandOf(command: Command): string {
  const words = command.options.filter((option) => isGiven(command, option.attributeName()) && !APART.includes(option.attributeName())).flatMap((option) => {
    const value: unknown = command.getOptionValue(option.attributeName());
    return value === true ? [option.long!] : [option.long!, String(value)];
  });
  return ['gradshader', 'bench', ...words].map((word) => (/^[\w@%+=:,./\\-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}

export function benchOptions(call: BenchCall, command: Command): BenchOptions {
  const given: { [Name in keyof SuiteOptions]?: SuiteOptions[Name] | undefined } = {
    seconds: call.seconds, repetitions: call.repetitions, budgetSeconds: call.budget, batchSizes: call.batch,
    replicas: call.replicas, optimizers: call.optimizers, tune: call.tune,
  };
  return {
    ...(call.quick ? QUICK_OPTIONS : DEFAULT_OPTIONS), ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    suites: call.suites, software: call.adapter === 'software' ? 'only' : 'fallback', command: commandOf(command),
  };
}
