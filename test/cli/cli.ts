/** The command line as a user meets it: bundled, in processes of its own, on data small enough for a test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { bundle, bundleCli } from '../hosts/bundle.ts';
import type { History } from '../../src/cli/history.ts';
import { randomWords } from '../../src/random.ts';

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that runs; `group` sends a signal to it and all it started. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves when its output holds the text. */
  said(text: string): Promise<void>;
  group(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/** A folder with the bundled command line in it; `remove` it at the end. */
export class CommandLine {
  /** Inside the project, so that the optional packages are found from it. */
  readonly folder = realpathSync(mkdtempSync(join('node_modules', '.cli-test-')));
  readonly #running = new Set<ChildProcess>();

  async build(): Promise<void> {
    await bundleCli(this.folder);
    writeFileSync(join(this.folder, 'chrome-page.js'), await bundle('src/cli/chrome-page.ts', { external: ['node:*'] }));
    const scripts = { gradshader: 'node cli.mjs' };
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ name: 'test', type: 'module', scripts }));
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  history(run: string): History {
    return JSON.parse(readFileSync(this.path(run, 'history.json'), 'utf8')) as History;
  }

  /** Starts `program args` in a process group of its own, in the folder. */
  start(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
    const child = spawn(program, args, {
      cwd: this.folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env },
    });
    this.#running.add(child);
    const output = { stdout: '', stderr: '' };
    const watchers = new Set<() => void>();
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (part: Buffer) => {
        output[name] += stripVTControlCharacters(part.toString());
        for (const watch of watchers) watch();
      });
    }
    const ended = new Promise<Ended>((done) => child.once('close', (code, signal) => {
      this.#running.delete(child);
      done({ code, signal, ...output });
    }));
    const said = (text: string): Promise<void> => new Promise((done, fail) => {
      const watch = (): void => {
        if (!output.stdout.includes(text)) return;
        watchers.delete(watch);
        done();
      };
      watchers.add(watch);
      void ended.then(() => fail(new Error(`it ended without saying "${text}":\n${output.stdout}${output.stderr}`)));
      watch();
    });
    return { child, said, ended, group: (signal) => void process.kill(-child.pid!, signal) };
  }

  run(...args: string[]): Promise<Ended> {
    return this.start(process.execPath, ['cli.mjs', ...args]).ended;
  }

  remove(): void {
    for (const { pid } of this.#running) process.kill(-pid!, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const header = (...shape: number[]): number[] =>
  [0, 0, 8, shape.length, ...shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255])];

/** Writes an IDX pair of 8 x 8 images in 4 classes: noise with one bright quarter, which is the class. */
function writePair(images: string, labels: string, samples: number, seed: number): void {
  const pixels = new Uint8Array(samples * 64);
  const classes = new Uint8Array(samples);
  for (let i = 0; i < samples; i++) {
    classes[i] = randomWords(seed, 0, i, 16)[0] & 3;
    for (let p = 0; p < 64; p++) {
      const noise = randomWords(seed, 0, i, p >> 2)[p & 3]! >>> 25;
      const quarter = 2 * Number(p >= 32) + Number(p % 8 >= 4);
      pixels[64 * i + p] = noise + (quarter === classes[i] ? 120 : 0);
    }
  }
  writeFileSync(images, Uint8Array.from([...header(samples, 8, 8), ...pixels]));
  writeFileSync(labels, Uint8Array.from([...header(samples), ...classes]));
}

/** Writes the four files of a data folder. */
export function writeData(folder: string, samples: { train: number; test: number }): void {
  mkdirSync(folder);
  writePair(join(folder, 'train-images-idx3-ubyte'), join(folder, 'train-labels-idx1-ubyte'), samples.train, 1);
  writePair(join(folder, 't10k-images-idx3-ubyte'), join(folder, 't10k-labels-idx1-ubyte'), samples.test, 2);
}
