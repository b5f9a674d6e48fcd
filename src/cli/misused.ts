/** What is said of words that are no option. */

import type { Command } from 'commander';
import { calledElsewhere } from '../options.ts';

/** Commander suggests what is spelt alike: for --lr, which is --learning-rate here, --l1. */
function withMeant(text: string, { options }: Command): string {
  const [whole, said, flag] = /^(error: unknown option '(--[^'=]*)[^']*')[^]*$/.exec(text) ?? [];
  if (whole === undefined) return text;
  const meant = calledElsewhere(flag!, options.map((option) => option.attributeName()));
  return meant === undefined ? text : `${said}\n(Did you mean ${options.find((option) => option.attributeName() === meant)!.long}?)\n`;
}

/** A command whose messages know what its options are called elsewhere. */
export const knowingOtherNames = (command: Command): Command =>
  command.configureOutput({ outputError: (text, write) => write(withMeant(text, command)) });
