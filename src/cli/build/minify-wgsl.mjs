// Minified WGSL for what is shipped to pages: no comments, no indentation, no space that no token needs, short names.
// Statements stay on lines of their own, so that a line which a browser's error message quotes can be told.
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Two characters of one kind must not come to touch: they could make one token of two (`- -`, `> =`, `let x`, `/ *`).
const WORD = /[\p{XID_Continue}.]/u;
const OPERATOR = /[-+*/%&|^<>=!~]/;
const mayTouch = (a, b) => !(WORD.test(a) && WORD.test(b)) && !(OPERATOR.test(a) && OPERATOR.test(b));

// https://www.w3.org/TR/WGSL/#blankspace-and-line-breaks
const LINE_BREAK = /[\n\v\f\r\u0085\u2028\u2029]/;
const BLANKS = /[\s\u0085\u200E\u200F]+/uy;
const LINE_COMMENT = /\/\/[^\n\v\f\r\u0085\u2028\u2029]*/y;

/** Where the block comment that starts at `from` ends. They nest in WGSL. */
function blockCommentEnd(text, from) {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const two = text.slice(at, at + 2);
    if (two === '/*') depth += 1;
    else if (two === '*/') depth -= 1;
    else continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  throw new Error('WGSL: a block comment is not closed.');
}

/** Where the run of blanks and comments that starts at `from` ends; `from` itself when there is none. */
function gapEnd(text, from) {
  let at = from;
  for (;;) {
    const start = at;
    for (const pattern of [BLANKS, LINE_COMMENT]) {
      pattern.lastIndex = at;
      at += pattern.exec(text)?.[0].length ?? 0;
    }
    if (text.startsWith('/*', at)) at = blockCommentEnd(text, at);
    if (at === start) return at;
  }
}

/** The same tokens in fewer characters. */
function strip(text) {
  let out = '';
  for (let at = 0; at < text.length; ) {
    const end = gapEnd(text, at);
    if (end === at) {
      out += text[at];
      at += 1;
      continue;
    }
    const isLineEnd = LINE_BREAK.test(text.slice(at, end));
    if (out !== '' && end < text.length) {
      if (isLineEnd) out += '\n';
      else if (!mayTouch(out.at(-1), text[end])) out += ' ';
    }
    at = end;
  }
  return out;
}

const NAME = /(?<![.\w])[A-Za-z_]\w*/g; // not a member behind a dot, not the end of a number

/**
 * Short names for what the shaders declare: functions, structures, variables, parameters. One name is the same in all
 * files, which are put together later, and stands for nothing else in any: so it can capture nothing, and a use that
 * this overlooked could not compile. Constants (capitals) are the descriptors', members their structure's, `main` the
 * pipelines'.
 */
export function shortNames(texts) {
  const all = strip(texts.join('\n'));
  const uses = new Map();
  for (const [name] of all.matchAll(NAME)) uses.set(name, (uses.get(name) ?? 0) + 1);
  const members = [...all.matchAll(/\bstruct \w+\{([^}]*)\}/g)].flatMap(([, body]) => [...body.matchAll(/\w+(?=:)/g)].map(String));
  const made = [...all.matchAll(/\b(?:fn|struct) (\w+)/g)].map(([, name]) => name);
  const held = [...all.matchAll(/\b(?:let|var(?:<[^>]*>)?) ?(\w+)|[(,\n](\w+):/g)].map(([, one, other]) => one ?? other);
  const called = new Set(all.match(/\b\w+(?=\()/g)); // with a variable's name: WGSL's own function elsewhere
  const declared = [...made, ...held.filter((name) => !called.has(name))];
  const words = [...all.matchAll(/@\w+(?:\(\w+\))?|var<[^>]*>/g)].flatMap(([found]) => found.match(/\w+/g)); // attributes, address spaces
  const kept = new Set(['main', ...members, ...words, ...declared.filter((name) => !/[a-z]/.test(name))]);
  const long = [...new Set(declared)].filter((name) => !kept.has(name)).sort((a, b) => uses.get(b) - uses.get(a) || (a < b ? -1 : 1));
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const short = [...letters, ...letters.flatMap((a) => letters.map((b) => a + b))]
    .filter((name) => !uses.has(name) && !RESERVED.includes(name));
  return new Map(long.slice(0, short.length).map((name, i) => [name, short[i]]));
}

// https://www.w3.org/TR/WGSL/#keyword-summary and #reserved-words, those of two letters
const RESERVED = ['as', 'do', 'fn', 'if', 'of'];

/** The same program in fewer characters. */
export const minifyWgsl = (text, names = new Map()) => strip(text).replace(NAME, (name) => names.get(name) ?? name);

const folder = fileURLToPath(new URL('../../../shaders', import.meta.url));

/** For esbuild: `import source from './x.wgsl'` gives the minified text. */
export const minifiedWgsl = {
  name: 'minified-wgsl',
  setup(build) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.wgsl')).sort();
    const names = shortNames(files.map((file) => readFileSync(join(folder, file), 'utf8')));
    build.onLoad({ filter: /\.wgsl$/ }, async ({ path }) => ({ contents: minifyWgsl(await readFile(path, 'utf8'), names), loader: 'text' }));
  },
};
