/** The documentation, built as `npm run docs` builds it: a page with its equation per rule, the WGSL of every kernel. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildDocs } from '../src/cli/docs.ts';
import { pages } from '../src/cli/docs-pages.ts';
import { kernelDispatch, updateDispatch } from '../src/cli/kernel.ts';
import { wgslOf } from '../src/webgpu/wgsl.ts';
import * as library from '../src/index.ts';
import { ACTIVATIONS } from '../src/kernels/activations/all.ts';
import { kernels } from '../src/kernels/index.ts';
import * as clips from '../src/model/clip.ts';
import * as conventions from '../src/model/conventions.ts';
import { layerTypes } from '../src/model/layers/all.ts';
import { LOSS_TYPES } from '../src/model/losses/all.ts';
import * as optimizers from '../src/model/optimizers/index.ts';
import { OPTIMIZER_NAMES } from '../src/model/optimizers/named.ts';
import * as regularizers from '../src/model/regularizers.ts';
import { FUSION_RULES } from '../src/ops/rules/index.ts';
import { MEANINGS } from '../src/ops/rules/meanings.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradshader-docs-test-'));
const page = (path: string): Document => parseHTML(readFileSync(join(folder, path), 'utf8')).document;

/** The blocks of code of a page, as a reader would copy them. */
function blocks(document: Document): string[] {
  return [...document.querySelectorAll('pre')].map((pre) => {
    for (const button of pre.querySelectorAll('button')) button.remove();
    for (const line of pre.querySelectorAll('br')) line.replaceWith('\n');
    return pre.textContent!.trimEnd();
  });
}

/** Functions of a module that the library makes public. */
const publicOf = (module: object): string[] =>
  Object.entries(module).filter(([name, value]) => typeof value === 'function' && name in library).map(([name]) => name);

beforeAll(() => buildDocs({ root: process.cwd(), out: folder }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a page of its own with its equation has', () => {
  test.each([...publicOf(optimizers), ...publicOf(regularizers), ...publicOf(clips)])('%s', (name) => {
    const document = page(`functions/gradshader.${name}.html`);
    expect(document.querySelector('h1')?.textContent).toContain(name);
    expect(blocks(document).filter((text) => /\bw\b|\bg\b|\|a\|/.test(text)), 'a block with the weights or the gradient').not.toEqual([]);
  });
});

test('each optimizer has a table of what other libraries call it, its state and its traffic', () => {
  const names = publicOf(optimizers);
  expect(names).toEqual(expect.arrayContaining(['sgd', 'adam', 'adamw']));
  for (const name of names) {
    const text = page(`functions/gradshader.${name}.html`).querySelector('.col-content')!.textContent!;
    for (const word of ['PyTorch', 'Keras', 'optax', 'bytes per parameter']) expect(text, name).toContain(word);
    expect(text, name).toMatch(/[Ss]tate/);
  }
  for (const name of publicOf(conventions)) expect(existsSync(join(folder, `functions/gradshader.${name}.html`)), name).toBe(true);
});

test.each(kernels.map(({ name }) => name))('the WGSL of the kernel %s', (name) => {
  const document = page(`documents/WGSL_of_the_kernels.${name}.html`);
  expect(blocks(document)).toContain(wgslOf(kernelDispatch(name)).trimEnd());
  expect(document.body.textContent).toContain(`gradshader kernel ${name}`);
});

test.each(OPTIMIZER_NAMES)('the WGSL of %s with L1', (rule) => {
  const document = page(`documents/WGSL_of_the_updates.${rule}.html`);
  expect(blocks(document)).toContain(wgslOf(updateDispatch(rule, { l1: 'prox' }, ['none'])).trimEnd());
});

test('every layer, activation, loss and fusion rule is on the page of its kind', () => {
  const textOf = (title: string): string => page(`documents/${title}.html`).querySelector('.col-content')!.textContent!;
  for (const { maker } of Object.values(layerTypes())) expect(textOf('Layers')).toContain(maker);
  for (const { maker, kernel } of Object.values(LOSS_TYPES)) {
    for (const word of [maker, kernel.name, 'softmax', 'loss.delta']) expect(textOf('Losses')).toContain(word);
  }
  for (const title of ['Layers', 'Activations', 'Losses', 'Fusion_rules']) expect(textOf(title)).not.toMatch(/\[object|undefined/);
  for (const { name } of FUSION_RULES) expect(textOf('Fusion_rules').replace(/\s+/g, '')).toContain(`${name}${MEANINGS[name]}`.replace(/\s+/g, ''));
  const sources = blocks(page('documents/Activations.html'));
  for (const { name, source } of Object.values(ACTIVATIONS)) {
    expect(textOf('Activations')).toContain(name);
    expect(sources).toContain(source.trimEnd());
  }
});

test('the table of optimizers and regularizers is the first page, once it is written', () => {
  expect(pages('# Optimizers\n\n| a | b |')[0]).toMatchObject({ name: 'pairs', text: '| a | b |' });
  expect(pages().map(({ name }) => name)).toEqual(['layers', 'activations', 'losses', 'fusion-rules', 'updates', 'kernels']);
});

test('the entries are there by the names they are imported by, and no link leads nowhere', () => {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, unknown> };
  for (const entry of Object.keys(exports).filter((name) => !name.endsWith('.json'))) {
    expect(existsSync(join(folder, 'modules', `gradshader${entry.slice(1).replace('/', '_')}.html`)), entry).toBe(true);
  }
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));
  const broken = files.flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/ (?:href|src)="([^"#:?]+)[^":]*"/g)]
    .map(([, to]) => join(dirname(file), decodeURI(to!)))
    .filter((to) => !existsSync(join(folder, to)))
    .map((to) => `${file} -> ${to}`));
  expect(files.length).toBeGreaterThan(100);
  expect(broken).toEqual([]);
});
