/** Every message that gives advice: the advice, followed to the letter, works. */
import { describe, expect, test } from 'vitest';
import { useDevice } from '../train/device.ts';
import { commandAdvice } from './command-line.ts';
import { adapterAdvice, lossAdvice, optimAdvice, setAdvice, trainingAdvice } from './device.ts';
import { metricsAdvice } from './metrics.ts';
import { referenceAdvice } from './reference.ts';
import { settingsAdvice, verdicts } from './settings.ts';
import { testAdvice } from './support.ts';
import { tableAdvice } from './tables.ts';

const device = useDevice();

describe('models, data, optimizers', () => testAdvice(settingsAdvice));
describe('metrics', () => testAdvice(metricsAdvice));
describe('tables', () => testAdvice(tableAdvice));
describe('the command line', () => testAdvice(commandAdvice));
describe('the reference', () => testAdvice(referenceAdvice));
describe('adapters', () => testAdvice(adapterAdvice));
describe('training', () => testAdvice(trainingAdvice(device)));
describe('what is set later', () => testAdvice(setAdvice(device)));
describe('a lost device', () => testAdvice(lossAdvice(device)));
describe('updates of a caller', () => testAdvice(optimAdvice(device)));

test.each(verdicts)('the verdict: %s', (says, before, after) => {
  expect((before as { readonly why?: string; readonly note?: string; readonly solves?: string }).why ?? JSON.stringify(before)).toContain(says);
  expect(after.map(({ kind }) => kind)).not.toContain('refused');
  expect(after.map((verdict) => JSON.stringify(verdict)).join()).not.toContain(says);
});
