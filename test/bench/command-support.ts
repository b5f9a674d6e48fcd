/** What tests of the bench's command share: reports by hand, a stream that keeps what it is told, a host that is none. */
import { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import { Command } from 'commander';
import type { BenchReport, Result, SuiteName } from '../../src/bench/types.ts';
import { benchCommand, type BenchSurroundings } from '../../src/cli/bench/command.ts';
import type { BenchHost } from '../../src/cli/bench/host.ts';
import type { BenchCall } from '../../src/cli/bench/options.ts';
import type { ProgressStream } from '../../src/cli/progress.ts';

export const resultOf = (key: string, samples: readonly number[], more: Partial<Result> = {}): Result => {
  const [suite, ...rest] = key.split('/');
  return { key, suite: suite as SuiteName, label: rest.join(' '), meaning: `About ${key}.`, unit: 'ms', better: 'lower', samples, parameters: {}, derived: {}, ...more };
};

export const reportOf = (results: readonly Result[], more: Partial<BenchReport> = {}): BenchReport => ({
  format: 1, date: '2026-11-21T08:00:00.000Z', version: '1.2.3', command: 'gradshader bench',
  host: { name: 'node', version: 'Node.js v20', platform: 'linux x64', cores: 2 },
  adapter: {
    state: 'software', name: 'SwiftShader driver 5 (google swiftshader, software)', vendor: 'google', architecture: 'swiftshader', device: '', description: '',
    limits: { maxStorageBufferBindingSize: 2 ** 30, maxComputeInvocationsPerWorkgroup: 256 }, features: ['subgroups', 'timestamp-query'],
  },
  choice: {}, results, omissions: [], ...more,
});

/** A stream that keeps its text. */
export function listener(terminal?: { readonly columns: number }): { readonly stream: ProgressStream; text(): string } {
  let text = '';
  const stream = new Writable({ write: (chunk: Buffer, _, done) => { text += chunk.toString(); done(); } });
  return { stream: Object.assign(stream, terminal === undefined ? {} : { isTTY: true, ...terminal }), text: () => text };
}

export interface Called {
  readonly code: number | undefined;
  readonly text: string;
  readonly calls: readonly BenchCall[];
}

/** Runs `gradshader bench <args>` in this process with `host` in place of the real ones. */
export async function callBench(args: readonly string[], host: BenchHost, signals = new EventEmitter()): Promise<Called> {
  const { stream, text } = listener(), calls: BenchCall[] = [];
  let code: number | undefined;
  const surroundings: BenchSurroundings = { stream, signals, hostOf: (call) => { calls.push(call); return host; } };
  const program = new Command('gradshader').exitOverride().configureOutput({ writeErr: () => {} });
  program.addCommand(benchCommand((given) => (code = given), () => surroundings).copyInheritedSettings(program));
  await program.parseAsync(['bench', ...args], { from: 'user' });
  return { code, text: text(), calls };
}
