/** Finding and running Deno: a child process that speaks lines of JSON. Node only. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { GradshaderError, NoDeviceError } from '../../errors.ts';
import { pathsOf } from '../on-path.ts';

/** One line of a child: what a listener of that name is told, or the end. */
export interface Line {
  readonly name: string;
  readonly value: unknown;
}

const ADVICE = 'Install it (https://deno.com, or npm install --global deno), or give its path with --runtime.';

/**
 * The Deno program: as given, of the environment variable DENO, or the first one on PATH.
 * @throws NoDeviceError when there is none
 */
export function findDeno(given: string | undefined, environment: NodeJS.ProcessEnv = process.env): string {
  const named = given ?? environment['DENO'];
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return named;
    throw new NoDeviceError(`There is no Deno at ${named}.`, ADVICE);
  }
  const found = pathsOf([process.platform === 'win32' ? 'deno.exe' : 'deno'], environment).find((path) => existsSync(path));
  if (found === undefined) throw new NoDeviceError('Deno was not found.', ADVICE);
  return found;
}

export interface ChildOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Told each line in order. */
  tell(line: Line): void;
  /** Asks the child to stop: it ends when it has said what it has. */
  readonly signal: AbortSignal;
}

/** What was last said on stderr, for a child that died. */
const LAST_CHARACTERS = 2000;

/**
 * Runs a program whose stdout is lines of JSON, until it ends. Its stdin is the stop: closed on abort, and by the
 * system when this process dies, so that no child outlives it.
 * @throws GradshaderError 'runtime' when it does not start or fails, with its last words
 */
export async function runChild({ program, args, tell, signal }: ChildOptions): Promise<void> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const stop = (): void => void child.stdin.end();
  child.stdin.on('error', () => {}); // It may have ended already.
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-LAST_CHARACTERS)));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const ended = new Promise<number | NodeJS.Signals | Error | null>((resolve) => {
    child.once('error', resolve);
    child.once('close', (code, killed) => resolve(code ?? killed));
  });
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      const line = lineOf(text);
      if (line !== undefined) tell(line);
    }
    const end = await ended;
    if (end === 0) return;
    const how = end instanceof Error ? `did not start: ${end.message}` : `ended with ${end}`;
    throw new GradshaderError('runtime', `${program} ${how}.${words === '' ? '' : ` It said:\n${words.trim()}`}`);
  } finally {
    signal.removeEventListener('abort', stop);
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  }
}

/** A line of ours; anything else that a library may print is nobody's. */
function lineOf(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}
