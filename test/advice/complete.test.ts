/** No advice without a test: what the source says is in a table of advice, or here, with where it is followed or why it cannot be. */
import { expect, test } from 'vitest';
import type { Device } from '../../src/device/index.ts';
import { commandAdvice } from './command-line.ts';
import { adapterAdvice, lossAdvice, optimAdvice, setAdvice, trainingAdvice } from './device.ts';
import { metricsAdvice } from './metrics.ts';
import { referenceAdvice } from './reference.ts';
import { advisingTexts } from './scan.ts';
import { settingsAdvice, verdicts } from './settings.ts';
import { tableAdvice } from './tables.ts';

/** Followed in other tests, for they have what it takes. */
const ELSEWHERE: readonly (readonly [says: string, where: string])[] = [
  ['Open the device in the main thread or in a process of its own', 'test/hosts/worker.test.ts'],
  ["Pass { software: 'fallback' }", 'adapterAdvice, by what follows'],
  ['this loss is of ${} ${}. Use predict.', 'losses that are not of classes'],
  ['the last epoch to come, or', 'test/train/horizon.test.ts'], ['from here on, or ', 'test/train/horizon.test.ts'],
  ['Make the optim with the groups that the state was saved with.', 'test/optim/groups.test.ts'],
  ['Give its views the layout the state was saved with.', 'test/optim/files.test.ts'],
  ['Give its value to this encode, or make an optim with a larger horizon.', 'test/optim/optim.test.ts'],
  ['Leave earlyStopping out to train on', 'test/train/fit-run.test.ts'],
  ['Read its file with readParameters(bytes, name, { layout', 'test/train/layouts.test.ts'], ['Use await Trainer.create(device, config).', 'every test of a trainer'], ['Name them as parameters() of the trainer does', 'test/train/layouts.test.ts'],
  ['Give a plain object, such as {', 'test/arguments/options.test.ts'],
  ['Load a polyfill of it first.', 'test/hosts/globals.test.ts'],
  ["Pass nonFinite: 'allow' where that is wanted.", 'test/train/overflow.test.ts, test/optim/optim.test.ts'],
  ['Serve the page over https, or from http://localhost.', 'test/demo/page.test.ts'],
];

/** What no test can do: programs and hardware of the machine, files of others. */
const OUTSIDE: readonly (readonly [says: string, why: string])[] = [
  ["Install the GPU's driver", 'a driver'], ["Install the GPU's Vulkan driver", 'a driver'], ["Update the browser and the GPU's driver", 'a browser and a driver'],
  ['Update the driver or use another adapter.', 'a driver'], ['Update the graphics driver', 'a driver'], ['Update the browser or name another one by its path.', 'a browser'],
  ['Use a current Chrome, Edge, Safari or Firefox', 'a browser'], ['Run: brew install', 'macOS'], ['Run: winget install', 'Windows'],
  ['Install Chromium with your package manager.', 'another processor'], ['Run: npm i ', 'an installation; the other tests run after it'],
  ['Install the package again.', 'an installation'], ['Install the dependencies again.', 'an installation'], ['Give the path of a Firefox program with --browser.', 'a Firefox that does not start'],
  ['Get it again, or take an earlier one.', 'a file that is whole is read in every other test of checkpoints'],
  ['Update gradshader.', 'a version that does not exist yet'],
  ['Set XDG_CACHE_HOME to a folder of yours.', 'a user without a home, and the tests may be run by root'],
  ['Raise the budget.', 'minutes of measuring'], ['Give a smaller one.', 'minutes of measuring'],
  ['There is no buffer ${}. Add it before loading the plan.', 'for those who write plans'],
  ['Use fewer replicas, a smaller batch or a smaller network.', 'gigabytes; see test/train/limits.test.ts'],
  ['Ask for that limit with the device, or give the tensor as several views.', 'gigabytes; see test/optim/errors.test.ts'],
  ['Choose another with --out.', 'the same folders as with --resume'], ['Choose one with --out.', 'a working directory that cannot be written'],
  ['compare reports the test error. Give one with --data.', 'see test/cli/compare-options.test.ts'], ['Give the same data with --data.', 'see test/cli/train.test.ts'],
];

const none = (): Device => { throw new Error('The tables are only read here.'); };
const tables = [settingsAdvice, metricsAdvice, tableAdvice, referenceAdvice, adapterAdvice, commandAdvice, ...[trainingAdvice, setAdvice, lossAdvice, optimAdvice].map((table) => table(none))];
const covered: readonly string[] = [
  ...tables.flat().map(({ says }) => says), ...verdicts.map(([says]) => says), ...ELSEWHERE.map(([says]) => says), ...OUTSIDE.map(([says]) => says),
];
const texts = advisingTexts();

test('every advice of the source has a test: add one to a table of test/advice, or say in this file why it cannot have one', () => {
  expect(texts.length).toBeGreaterThan(80);
  expect(texts.filter(({ text }) => !covered.some((says) => text.includes(says))).map(({ place, text }) => `${place}: ${text}`)).toEqual([]);
});

test('what is listed as outside is said somewhere still', () => {
  const all = texts.map(({ text }) => text);
  expect([...ELSEWHERE, ...OUTSIDE].map(([says]) => says).filter((says) => !all.some((text) => text.includes(says)))).toEqual([]);
});
