/** PyTorch in a process of its own, where Python has it: on the CPU, and on a CUDA GPU eagerly and by CUDA graphs. Node only. */

import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { isNode } from '../../host.ts';
import type { Contestant, Peer, Run, Task } from './contestant.ts';
import program from './pytorch.py';

const MODES = {
  cpu: { backend: 'CPU', way: 'eager' },
  cuda: { backend: 'CUDA eager', way: 'eager' },
  'cuda-graphs': { backend: 'CUDA graphs', way: 'one graph per step' },
} as const;
type Mode = keyof typeof MODES;

interface Probe {
  /** Why there is no PyTorch. */
  readonly reason?: string;
  readonly version: string;
  readonly threads: number;
  /** What torch was built with: 'mkl', 'open' ...; 'generic' is a reference implementation, 10 times as slow. */
  readonly blas: string;
  readonly cuda: boolean;
  readonly device?: string;
}

/** A Python process that answers a line with a line. */
class Interpreter {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #answers: AsyncIterator<string>;
  readonly #ended: Promise<Error>;
  #errors = '';

  constructor(python: string, mode: Mode | 'probe') {
    const { spawn } = process.getBuiltinModule('node:child_process');
    const { createInterface } = process.getBuiltinModule('node:readline');
    this.#child = spawn(python, ['-c', program, mode], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr.on('data', (text: Buffer) => { this.#errors = (this.#errors + text.toString()).slice(-2000); });
    this.#child.stdin.on('error', () => {}); // Its end is seen below, with what it said.
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(new Error(`python3 did not start: ${error.message}.`)));
      this.#child.once('close', (code) => resolve(new Error(`python3 ended with code ${code}: ${this.#errors.trim().split('\n').at(-1)}`)));
    });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  send(...parts: readonly (string | Uint8Array)[]): void {
    for (const part of parts) this.#child.stdin.write(part);
  }

  /** @throws when the process ends without one */
  async answer<T>(): Promise<T> {
    const { value, done } = await this.#answers.next().catch(() => ({ value: undefined, done: true }));
    if (done === true) throw await this.#ended;
    return JSON.parse(value as string) as T;
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }
}

const bytesOf = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

class PyTorchRun implements Run {
  readonly #python: Interpreter;

  private constructor(python: Interpreter) {
    this.#python = python;
  }

  static async start(path: string, mode: Mode, { data, parameters, ...numbers }: Task): Promise<PyTorchRun> {
    const python = new Interpreter(path, mode), { inputs, targets, length, scale, offset } = data;
    python.send(`${JSON.stringify({ ...numbers, images: length, scale, offset })}\n`, ...parameters.map(bytesOf), bytesOf(inputs), bytesOf(Int32Array.from(targets)));
    await python.answer();
    return new PyTorchRun(python);
  }

  async #order<T>(name: string, count: number): Promise<T> {
    this.#python.send(`${JSON.stringify({ do: name, count })}\n`);
    return this.#python.answer<T>();
  }

  async losses(steps: number): Promise<number[]> {
    return (await this.#order<{ losses: number[] }>('losses', steps)).losses;
  }

  async train(steps: number): Promise<void> {
    await this.#order('train', steps);
  }

  async infer(batches: number): Promise<{ images: number; hits: number }> {
    return this.#order('infer', batches);
  }

  async dispose(): Promise<void> {
    await this.#python.close();
  }
}

/** Every python3 on the PATH in its order: the first may be one without torch. */
function interpreters(): string[] {
  const { existsSync } = process.getBuiltinModule('node:fs');
  const { delimiter, join } = process.getBuiltinModule('node:path');
  const found = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '').map((folder) => join(folder, 'python3'));
  return [...new Set(found)].filter((path) => existsSync(path));
}

/** @throws with the first interpreter's reason when none has torch */
async function findTorch(): Promise<Probe & { readonly path: string }> {
  const reasons: string[] = [];
  for (const path of interpreters()) {
    const python = new Interpreter(path, 'probe');
    try {
      const probe = await python.answer<Probe>();
      if (probe.reason === undefined) return { ...probe, path };
      reasons.push(probe.reason);
    } catch (error) {
      reasons.push((error as Error).message);
    } finally {
      await python.close();
    }
  }
  throw new Error(reasons[0] ?? 'There is no python3 on the PATH.');
}

/**
 * @returns PyTorch in one mode
 * @throws when this is not Node, Python or torch is not installed, or torch sees no CUDA GPU
 */
export async function pyTorchPeer(mode: Mode): Promise<Peer> {
  if (!isNode()) throw new Error('PyTorch runs beside Node only: use --host node.');
  const { version, threads, blas, cuda, device, path } = await findTorch();
  if (mode !== 'cpu' && !cuda) throw new Error('torch sees no CUDA GPU here.');
  const { backend, way } = MODES[mode], name = `PyTorch ${backend}`;
  const contestant: Contestant = {
    name, library: 'PyTorch', backend, version, way,
    notes: () => ({ dtype: 'float32', ...(mode === 'cpu' ? { threads, blas } : { tf32: 'off', device: device ?? '' }) }),
    prepare: (task) => PyTorchRun.start(path, mode, task),
  };
  return { name, ways: [contestant], close: async () => {} };
}
