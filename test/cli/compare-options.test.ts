/** The words of `gradshader compare` and the settings they become. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addCompareOptions, COMPARE_OPTIONS, compareSettings, parsePath, type CompareOptions } from '../../src/cli/compare/options.ts';
import type { CompareSettings } from '../../src/cli/compare/types.ts';
import { InputError } from '../../src/errors.ts';
import { writeData } from './cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradshader-compare-'));
  writeData(join(folder, 'data'), { train: 20, test: 8 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const command = (): Command => addCompareOptions(new Command('compare').exitOverride().configureOutput({ writeErr: () => {} }));
const settings = (...words: string[]): Promise<CompareSettings> =>
  compareSettings(command().parse(['--data', join(folder, 'data'), ...words], { from: 'user' }).opts<CompareOptions>());
const overrides = ({ groups }: CompareSettings) => Object.fromEntries(groups.map((group) => [group.id, group.overrides]));

describe('--path', () => {
  it('is read', () => {
    expect(parsePath('l1=1e-6..1e-3')).toEqual({ key: 'l1', from: 1e-6, to: 1e-3 });
    expect(parsePath('dropout=0..0.8')).toEqual({ key: 'dropout', from: 0, to: 0.8 });
    expect(parsePath('maxNorm=0.5..4')).toEqual({ key: 'maxNorm', from: 0.5, to: 4 });
    expect(parsePath('l2=.5..1.5')).toEqual({ key: 'l2', from: 0.5, to: 1.5 });
  });

  it.each(['l1', 'l3=1..2', 'l1=1e-3..1e-6', 'l1=0..1', 'dropout=0..1', 'l1=1e-6', 'l1=a..b', 'l1=..1', 'l1=1..', 'l1=-1..1'])('refuses %s', (text) => {
    expect(() => parsePath(text)).toThrow(/^Wanted /);
  });
});

describe('settings', () => {
  it('by default are the flagship experiment: seven methods, three seeds, constant rate', async () => {
    const { base, epochs, seeds, groups, path, folds } = await settings();
    expect(base).toMatchObject({ hidden: [1000, 500], optimizer: 'momentum', momentum: 0.9, learningRate: 0.05, batchSize: 128, l1: 0, l2: 0, dropout: 0, weightDecay: 0 });
    expect(base.validation).toBeCloseTo(1 / 6, 12);
    expect([epochs, seeds, groups.length, path, folds]).toEqual([20, [1, 2, 3], 7, undefined, undefined]);
  });

  it('have the strengths that were asked for', async () => {
    const given = await settings('--methods', 'dropout+max-norm,elastic-net', '--l1', '1e-3', '--max-norm', '1.5', '--dropout', '0.4', '--input-dropout', '0.1', '--seed', '7', '--seeds', '2');
    expect(overrides(given)).toEqual({ 'elastic-net': { l1: 1e-3, l2: 1e-4 }, 'dropout+max-norm': { dropout: 0.4, 'layers.0.dropout': 0.1, maxNorm: 1.5 } });
    expect(given.seeds).toEqual([7, 8]);
  });

  it('of a path vary one strength; others are there only when they are asked for', async () => {
    const plain = await settings('--path', 'l1=1e-4..1e-2', '--points', '3');
    expect(plain.path).toEqual({ key: 'l1', strengths: [1e-4, 1e-3, 1e-2] });
    expect(overrides(plain)).toEqual({ none: {}, 'l1=1e-4': { l1: 1e-4 }, 'l1=1e-3': { l1: 1e-3 }, 'l1=0.01': { l1: 1e-2 } });
    const more = await settings('--path', 'l1=1e-4..1e-2', '--points', '2', '--l2', '1e-3', '--l1', '5', '--dropout', '0.5');
    expect(overrides(more).none).toEqual({ l2: 1e-3, dropout: 0.5, 'layers.0.dropout': 0 });
    expect(overrides(more)['l1=0.01']).toEqual({ l1: 1e-2, l2: 1e-3, dropout: 0.5, 'layers.0.dropout': 0 });
  });

  it('of a path of dropout leave the inputs alone unless they are asked for', async () => {
    expect(overrides(await settings('--path', 'dropout=0..0.5', '--points', '2'))).toMatchObject({ none: { 'layers.0.dropout': 0 }, 'dropout=0.5': { dropout: 0.5, 'layers.0.dropout': 0 } });
    expect(overrides(await settings('--path', 'dropout=0..0.5', '--points', '2', '--input-dropout', '0.2'))['dropout=0.5']).toEqual({ dropout: 0.5, 'layers.0.dropout': 0.2 });
  });

  it('of folds alone have a path of L1', async () => {
    const { path, folds } = await settings('--folds', '5');
    expect([folds, path!.key, path!.strengths.length, path!.strengths[0], path!.strengths.at(-1)]).toEqual([5, 'l1', 7, 1e-6, 1e-3]);
  });

  it.each([[['--methods', 'none', '--folds', '3']], [['--points', '3']], [['--optimizer', 'adam', '--momentum', '0.5']]])('refuse %j', async (words) => {
    await expect(settings(...words)).rejects.toBeInstanceOf(InputError);
  });
});

it('every option but those of the run folder and host is fixed for --resume', () => {
  expect(command().options.map((option) => option.attributeName()).toSorted()).toEqual([...COMPARE_OPTIONS].toSorted());
});
