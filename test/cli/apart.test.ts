/** What drivers print is kept out of the output, and nothing else is; the two processes end as one. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isChatty } from '../../src/cli/apart.ts';
import { readTraining } from '../../src/train/restore.ts';
import { CommandLine, writeData, type Ended } from './cli.ts';

const cli = new CommandLine();
beforeAll(async () => {
  await cli.build();
  writeData(cli.path('long'), { train: 4000, test: 50 });
});
afterAll(() => cli.remove());

const LONG = ['--data', 'long', '--hidden', '16,8', '--batch-size', '4'];

test('commands that open a device are apart, unless all is to be shown, or only help', () => {
  for (const command of ['train', 'compare', 'tune', 'probe', 'verify', 'bench']) {
    expect(isChatty([command, '--host', 'node'])).toBe(true);
    expect(isChatty([command, '--verbose'])).toBe(false);
    expect(isChatty(['--verbose', command])).toBe(false);
    expect(isChatty([command, '--help'])).toBe(false);
  }
  for (const words of [['plan'], ['kernel', 'adam'], ['--help'], ['help', 'train'], []]) expect(isChatty(words)).toBe(false);
});

/** Runs `probe` where the only driver that the loader is told of is not there: it and Dawn complain. */
const probe = (...args: string[]): Promise<Ended> => cli.start(process.execPath, ['cli.mjs', 'probe', ...args], {
  VK_DRIVER_FILES: '/no/such/driver.json', VK_ICD_FILENAMES: '/no/such/driver.json',
}).ended;

test('what the Vulkan loader and Dawn print of a driver that is broken is seen with --verbose only', async () => {
  const quiet = await probe();
  expect(quiet).toMatchObject({ code: 0, stderr: '' });
  const verbose = await probe('--verbose');
  expect(verbose).toMatchObject({ code: 0, stdout: quiet.stdout });
  expect(verbose.stderr).toContain('/no/such/driver.json');
});

test('with --software no driver is asked that could complain', async () => {
  expect(await probe('--software', '--verbose')).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^state {5}software\n/) as string });
});

test('messages go where standard error goes, behind what was said before', async () => {
  const failing = `${JSON.stringify(process.execPath)} cli.mjs train --data nowhere`;
  const program = cli.start('sh', ['-c', `echo before > said; ${failing} >> said 2>&1; echo after >> said`]);
  expect(await program.ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(readFileSync(cli.path('said'), 'utf8')).toMatch(/^before\nerror: [^\n]*nowhere[^\n]*\nafter\n$/);
});

describe('the process apart', () => {
  /** Runs `probe` with a line of JavaScript that only the process apart runs, before anything else. */
  const probeWith = (line: string): Promise<Ended> => {
    writeFileSync(cli.path('first.mjs'), `if (process.env.GRADSHADER_APART) { ${line} }`);
    return cli.start(process.execPath, ['--import', './first.mjs', 'cli.mjs', 'probe']).ended;
  };

  test('that crashes is an error with its signal, and what was kept back is shown', async () => {
    const { code, stdout, stderr } = await probeWith("(await import('node:fs')).writeSync(2, 'driver: this is the end\\n'); process.kill(process.pid, 'SIGABRT');");
    expect({ code, stdout, stderr }).toEqual({ code: 134, stdout: '', stderr: 'driver: this is the end\nerror: the program was ended by SIGABRT.\n' });
  });

  test.each([
    ['at once', "throw new Error('nobody catches this');"],
    // The mark goes when the program begins.
    ['later', "setInterval(() => { if (!process.env.GRADSHADER_APART) throw new Error('nobody catches this'); });"],
  ])('that throws %s where nobody catches shows its stack', async (_, line) => {
    const { code, stderr } = await probeWith(line);
    expect(code).toBe(1);
    expect(stderr).toMatch(/\nError: nobody catches this\n +at /);
  });

  test('ends when the first one is killed', async () => {
    const program = cli.start(process.execPath, ['cli.mjs', 'train', ...LONG, '--epochs', '1000000', '--out', 'orphan']);
    await program.said('Expected time');
    program.child.kill('SIGKILL');
    // Ended is when nobody holds its output any more.
    expect((await program.ended).signal).toBe('SIGKILL');
  });

  test('saves when the first one alone gets the signal', async () => {
    const program = cli.start(process.execPath, ['cli.mjs', 'train', ...LONG, '--epochs', '1000000', '--out', 'stopped']);
    await program.said('Expected time');
    program.child.kill('SIGTERM');
    const { code, stderr } = await program.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(readTraining(readFileSync(cli.path('stopped', 'model.safetensors')), 'stopped').training.state.step).toBeGreaterThan(0);
  });
});
