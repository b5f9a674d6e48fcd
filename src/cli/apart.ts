/**
 * What graphics drivers print stays out of the command line's output. They are native code that writes to file
 * descriptor 2, which no JavaScript of the same process can catch or turn elsewhere. So a command that may open a device
 * runs in a process apart: its descriptor 2 is a pipe that this process reads and keeps to itself, and its
 * `process.stderr` writes to descriptor 3, which is this process's own standard error.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import { Writable } from 'node:stream';
import { isatty, WriteStream } from 'node:tty';

/** Set in the environment of the process apart. */
const MARK = 'GRADSHADER_APART';
/** Standard error, there. */
const MESSAGES = 3;
/** How much of what is printed there is kept, to be shown when the program does not come to its own end. */
const KEPT_CHARACTERS = 16_384;
/** What the process apart says, over a channel of Node's, at the program's own end. */
const ENDED = 'ended';
const WAIT_MILLISECONDS = 5;

const DEVICE_COMMANDS: readonly (string | undefined)[] = ['train', 'compare', 'tune', 'probe', 'verify', 'bench'];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** With these all that is printed is meant. */
const OPEN: readonly string[] = ['--verbose', '--help', '-h'];

/** Whether drivers may print while these arguments run, and nobody asked to see it. On Windows they are silent. */
export const isChatty = (args: readonly string[]): boolean =>
  process.platform !== 'win32' && !args.some((word) => OPEN.includes(word))
  && DEVICE_COMMANDS.includes(args.find((word) => !word.startsWith('-')));

/** Runs this program once more, apart, and ends as that does: with its exit code, or by its signal. */
export async function runApart(): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    // The channel tells the process apart when this one is gone, however it went.
    stdio: ['inherit', 'inherit', 'pipe', 2, 'ipc'],
    env: { ...process.env, [MARK]: '1' },
  });
  let printed = '', hasEnded = false;
  child.on('message', (message) => { hasEnded ||= message === ENDED; });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => { printed = (printed + text).slice(-KEPT_CHARACTERS); });
  // A terminal sends signals to both processes, others to this one only. The program takes what comes twice for one.
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, forward);
  const { code, signal } = await endOf(child);
  for (const one of SIGNALS) process.off(one, forward);
  if (SIGNALS.some((one) => one === signal)) process.kill(process.pid, signal!);
  // A crash, or an exception that nobody caught: Node, too, says why on descriptor 2.
  if (!hasEnded) process.stderr.write(printed);
  if (signal !== null) process.stderr.write(`error: the program was ended by ${signal}.\n`);
  process.exitCode = code ?? 128 + constants.signals[signal!];
}

const endOf = (child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> =>
  new Promise((done, fail) => {
    child.once('error', fail).once('close', (code, signal) => done({ code, signal }));
  });

/** In the process apart: messages go where they can be read, and it ends with the one that started it. */
export function enterApart(): boolean {
  if (process.env[MARK] === undefined) return false;
  delete process.env[MARK]; // What is started from here is not apart.
  const stderr = isatty(MESSAGES) ? new WriteStream(MESSAGES) : messages();
  Object.defineProperty(process, 'stderr', { configurable: true, enumerable: true, get: () => stderr });
  let isThrown = false;
  process.on('uncaughtExceptionMonitor', () => { isThrown = true; });
  process.on('exit', () => { if (!isThrown && process.connected) process.send!(ENDED); });
  // As if a terminal were closed: what trains saves, and all else ends.
  process.on('disconnect', () => process.kill(process.pid, 'SIGHUP'));
  process.channel?.unref();
  return true;
}

/** Whole before the next line of the program, as on Node's own standard error: an exit may follow. */
const messages = (): Writable => new Writable({
  decodeStrings: true,
  write(chunk: Buffer, _encoding, done) {
    try {
      writeWhole(chunk);
      done();
    } catch (error) {
      done(error as Error);
    }
  },
});

function writeWhole(bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(MESSAGES, bytes, at);
    } catch (error) {
      // A pipe that is full for now, and set not to wait by whoever has its other end.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MILLISECONDS);
    }
  }
}
