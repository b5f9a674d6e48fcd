/** `--layers`: words to layers, and what is said of words that are none. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostOf } from '../../src/cli/host.ts';
import { LayersError, layersModel, parseInits, parseLayers } from '../../src/cli/layers.ts';
import { addModelOptions, settingsOf, type ModelOptions } from '../../src/cli/options.ts';
import { openRun, type RunConfig, type Stopped } from '../../src/cli/run-folder.ts';
import { networkText, trainerConfig, type Settings } from '../../src/cli/settings.ts';
import { train } from '../../src/cli/train.ts';
import { InputError } from '../../src/errors.ts';
import { ACTIVATION_NAMES } from '../../src/kernels/activations/index.ts';
import { constant, glorotUniform, heNormal, randomNormal, randomUniform } from '../../src/model/inits/makers.ts';
import { PLAIN_INITS } from '../../src/model/inits/settings.ts';
import { dense, dropout, elu, gelu, leakyRelu, relu, tanh } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { readParameters } from '../../src/train/parameters-file.ts';
import { writeData } from './cli.ts';

/** What is thrown. */
function refused(text: string): LayersError {
  try {
    parseLayers(text);
  } catch (error) {
    expect(error, text).toBeInstanceOf(LayersError);
    return error as LayersError;
  }
  throw new Error(`${text} was taken.`);
}

describe('parseLayers', () => {
  it('reads layers, activations with their numbers, and inits', () => {
    expect(parseLayers('dense 128 gelu, dropout 0.2, dense 1')).toEqual([dense(128, { activation: gelu() }), dropout(0.2), dense(1)]);
    expect(parseLayers(' dense  8 leakyRelu 0.2 init heNormal ,elu 0.5,dense')).toEqual([
      dense(8, { activation: leakyRelu({ slope: 0.2 }), init: heNormal() }), elu({ alpha: 0.5 }), { type: 'dense' },
    ]);
    expect(parseLayers('dropout 0, dense 4 init randomUniform -0.1 0.1, relu, dense 4 init constant 0.1, dense init randomNormal 0 0.05')).toEqual([
      dropout(0), dense(4, { init: randomUniform(-0.1, 0.1) }), relu(), dense(4, { init: constant(0.1) }), { type: 'dense', init: randomNormal(0, 0.05) },
    ]);
    expect(parseLayers('dense 3 init heNormal 2')).toEqual([dense(3, { init: heNormal({ gain: 2 }) })]);
  });

  it('knows every activation and every init', () => {
    for (const name of ACTIVATION_NAMES) expect(parseLayers(`dense 4 ${name}, ${name}, dense`)).toEqual([{ type: 'dense', units: 4, activation: { type: name } }, { type: name }, { type: 'dense' }]);
    for (const name of PLAIN_INITS) expect(parseLayers(`dense init ${name}`)).toEqual([{ type: 'dense', init: { type: name } }]);
  });

  it.each([
    ['dense 128 gelo, dense 1', 'gelo', 'Did you mean gelu?'], ['dense 128 ReLU, dense 1', 'ReLU', 'Did you mean relu?'], ['dens 5, dense', 'dens', 'Did you mean dense?'],
    ['dense 5 init henormal, dense', 'henormal', 'Did you mean heNormal?'], ['dense 5 relu inits heNormal, dense', 'inits', 'Did you mean init?'],
    ['dense 5 relu dropout 0.5, dense', 'dropout', 'Put a comma between layers'], ['dense gelu, dense', 'dense', 'dense wants its number of units'],
    ['dense 0, dense', '0', 'units must be a whole number of 1 or more, got 0.'], ['dense 2.5, dense', '2.5', 'got 2.5'], ['dense 5, dropout 1, dense', '1', 'dropout must lie in [0, 1)'],
    ['dense 5, dropout, dense', 'dropout', 'dropout wants its rate'], ['dense 5 init constant, dense', 'constant', 'constant wants value behind it, such as constant 0.1.'],
    ['dense 5 init randomUniform 0.1, dense', '0.1', 'randomUniform -0.1 0.1'], ['dense 5 init randomUniform 1 0, dense', '0', 'randomUniform: low'], ['dense 5 init', 'init', 'init wants a name'],
    ['dense 5 elu -1, dense', '-1', 'elu: alpha'], ['dense 5, relu', 'relu', 'The last layer must be dense'], ['dense 5, dense relu', 'relu', 'The last layer takes no activation'],
    ['dense 5, dense 3 softmax', 'softmax', 'the loss makes probabilities'], ['dense 5, softmax', 'softmax', 'the loss makes probabilities'],
    ['dense 5 relu relu, dense', 'relu', 'Put a comma between layers'], ['conv 3, dense', 'conv', 'is no layer. There are dense, dropout, relu'], ['relu 5, dense', '5', 'cannot stand here'],
  ])('%s: points at %s', (text, word, says) => {
    const { message, at, length, code } = refused(text);
    expect(message).toContain(says);
    expect([code, text.slice(at, at + length)]).toEqual(['input', word]);
    // The text below the sentence, and marks below the place.
    const [shown, marks] = message.split('\n').slice(-2) as [string, string];
    expect(shown).toBe(`  ${text}`);
    expect(marks).toBe(`  ${' '.repeat(at)}${'^'.repeat(length)}`);
  });

  it.each(['', ' ', 'dense 5,', ',dense', 'dense 5,,dense'])('%j: a layer is missing', (text) => {
    expect(refused(text).message).toContain('A layer is missing here');
  });

  it('reads lists of inits, those that want numbers with usual ones', () => {
    expect(parseInits('heNormal, constant, constant 2', { constant: [0.01] })).toEqual([heNormal(), constant(0.01), constant(2)]);
    expect(() => parseInits('heNormal, glorot 1 2', {})).toThrow('Did you mean glorotNormal?');
    expect(() => parseInits('heNormal 1 2', {})).toThrow('cannot stand here');
  });
});

describe('layersModel', () => {
  it('gives the last layer the outputs of the data, or asks for them', () => {
    expect(layersModel('dense 6 relu, dropout 0.5, dense', [8, 8], 4)).toEqual(sequential([8, 8], [dense(6), relu(), dropout(0.5), dense(4)]));
    expect(layersModel('dense 4', [8], 4)).toEqual(sequential([8], [dense(4)]));
    expect(() => layersModel('dense 6, dense 1', [8], 4)).toThrow('--layers: the last layer has 1 unit, the data want 4. Give it dense 4, or dense alone.');
    expect(() => layersModel('dense 6, dense 1', [8], 4)).toThrow(InputError);
  });

  it('puts what is compared in the place of activations and inits, and leaves other numbers', () => {
    const text = 'dense 6 leakyRelu 0.2 init heNormal, dropout 0.5, dense 5, relu, dense';
    expect(layersModel(text, [8], 4, { activation: 'tanh', init: glorotUniform() })).toEqual(sequential([8], [
      dense(6, { init: glorotUniform() }), tanh(), dropout(0.5), dense(5, { init: glorotUniform() }), tanh(), dense(4, { init: glorotUniform() }),
    ]));
    expect(layersModel(text, [8], 4, { activation: 'leakyRelu' }).layers.filter(({ type }) => type === 'leakyRelu')).toEqual([leakyRelu({ slope: 0.2 }), { type: 'leakyRelu' }]);
    expect(layersModel(text, [8], 4)).toEqual(sequential([8], [dense(6, { init: heNormal() }), leakyRelu({ slope: 0.2 }), dropout(0.5), dense(5), relu(), dense(4)]));
  });
});

describe('--layers', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradshader-layers-'));
    writeData(join(folder, 'data'), { train: 20, test: 8 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function parsed(...words: string[]): Promise<Settings> {
    const command = addModelOptions(new Command('train')).exitOverride().configureOutput({ writeErr: () => {} });
    return settingsOf(command.parse(['--data', join(folder, 'data'), ...words], { from: 'user' }).opts<ModelOptions>());
  }

  it('is kept as it was written, and becomes the model', async () => {
    const settings = await parsed('--layers', 'dense 6  gelu, dense');
    expect(settings).toMatchObject({ layers: 'dense 6  gelu, dense', hidden: [] });
    expect(trainerConfig(settings, [8, 8], 4).model).toEqual(sequential([8, 8], [dense(6), gelu(), dense(4)]));
    expect(networkText(settings)).toBe('layers dense 6 gelu, dense');
    expect((await parsed()).hidden).toEqual([1000, 500]);
    expect(networkText(await parsed('--hidden', '5,4', '--init', 'heUniform'))).toBe('hidden layers 5, 4 (relu), heUniform');
  });

  it.each([['--hidden', '5'], ['--activation', 'relu'], ['--init', 'heNormal'], ['--dropout', '0.5'], ['--input-dropout', '0.5']])('excludes %s', async (...words) => {
    await expect(parsed('--layers', 'dense', ...words)).rejects.toThrow(`--layers says every layer: ${words[0]} cannot be given with it. Leave one of them out.`);
  });

  it('is no word with a mistake in it', () => {
    expect(() => void parsed('--layers', 'dense 5 rleu, dense')).toThrow(/Did you mean relu\?\n {2}dense 5 rleu, dense\n {10}\^\^\^\^/);
  });

  /** In this process, without the self-test. */
  async function trained(config: RunConfig, out: string | Stopped): Promise<string> {
    const stream = Object.assign(new PassThrough(), { isTTY: false });
    let text = '';
    stream.on('data', (part: Buffer) => { text += part.toString(); });
    await train({ host: hostOf('node', {}), config, software: 'only', repeat: [], ...(typeof out === 'string' ? { out: join(folder, out) } : { stopped: out }) }, stream);
    return text;
  }

  it('trains on a table, is kept in the run folder, and a run goes on with it to the same weights', async () => {
    const words = ['--data', resolve('test/data/tables/iris.csv'), '--target', 'species', '--layers', 'dense 7 gelu init heUniform, dropout 0.1, dense', '--batch-size', '16'];
    const config: RunConfig = { ...await parsed(...words), verify: 'off', epochs: 2, host: 'node' };
    const text = await trained(config, 'whole');
    expect(text).toMatch(/gelu +\[7\][^]*dropout 0\.1[^]*\d+ parameters, softmax-cross-entropy, momentum, batch 16/);
    expect(text).toMatch(/ samples\/s\n[^]* time +samples\/s\n/);
    expect(text).not.toContain('img/s');
    await trained({ ...config, epochs: 1 }, 'cut');
    const stopped = await openRun(join(folder, 'cut'));
    expect(stopped.config.layers).toBe('dense 7 gelu init heUniform, dropout 0.1, dense');
    await trained({ ...stopped.config, epochs: 2 }, stopped);
    const weights = (run: string): [string, number[]][] => [...readParameters(new Uint8Array(readFileSync(join(folder, run, 'model.safetensors'))))].map(([name, values]) => [name, [...values]]);
    expect(weights('cut')).toEqual(weights('whole'));
    expect(readFileSync(join(folder, 'whole', 'curves.svg'), 'utf8')).toContain('iris.csv, layers dense 7 gelu init heUniform, dropout 0.1, dense: momentum');
  });
});
