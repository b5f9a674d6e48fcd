/** CONTRIBUTING.md is true: every file that it names is there, for everything that is registered. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { knowEverything } from '../../src/compile/all.ts';
import { ACTIVATIONS } from '../../src/kernels/activations/all.ts';
import { kernels } from '../../src/kernels/index.ts';
import { bareRule, RULE_NAMES, updateLibraries } from '../../src/kernels/rule.ts';
import { layerTypes } from '../../src/model/layers/all.ts';

const LAYER_TYPES = layerTypes();
import { LOSS_TYPES } from '../../src/model/losses/all.ts';
import { namedOptimizer, OPTIMIZER_NAMES, OPTIMIZER_TYPES } from '../../src/model/optimizers/named.ts';
import { FUSION_RULES } from '../../src/ops/rules/index.ts';
import { MEANINGS } from '../../src/ops/rules/meanings.ts';
import { activations, OPTIMIZERS, type ActivationReference } from '../../src/reference/index.ts';
import { filesUnder, stem } from './files.ts';

knowEverything();
const text = readFileSync('CONTRIBUTING.md', 'utf8');
/** Text by heading. */
const sections = new Map(text.split(/^## /m).map((section) => [/^.*/.exec(section)![0], section]));

/** Files named in a text, as `folder/name.ending`, or linked. */
const filesIn = (words: string): string[] =>
  [...words.matchAll(/`([\w./-]+\/[\w.-]+\.(?:ts|mjs|wgsl|py|md|json))`|\]\(([\w./-]+)\)/g)].map(([, named, linked]) => (named ?? linked)!);

const activationNames = Object.keys(ACTIVATIONS);
const optimizerSources = filesUnder('shaders/lib/optimizers', '.wgsl');

/** What NAME stands for, by heading. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'An activation': activationNames,
  'A layer': Object.keys(LAYER_TYPES).filter((name) => !activationNames.includes(name)),
  'An optimizer': [], // kin share files: see below
  'A loss': Object.keys(LOSS_TYPES).filter((name) => name !== 'softmax-cross-entropy'), // row by row, in a kernel of its own
  'A fusion rule': FUSION_RULES.map(({ name }) => name),
};

test('all that can be added has a section', () => {
  expect([...sections.keys()]).toEqual(expect.arrayContaining([...Object.keys(NAMES), 'One case on one host', 'Style']));
});

describe.each([...sections])('%s', (heading, section) => {
  test('names files that are there, for everything that is registered', () => {
    const named = filesIn(section);
    const whole = named.flatMap((path) => (path.includes('KERNEL') ? kernels.map(({ name }) => path.replace('KERNEL', name)) : [path]))
      .flatMap((path) => (path.includes('NAME') ? (NAMES[heading] ?? []).map((name) => path.replace('NAME', name)) : [path]));
    expect(whole.filter((path) => !existsSync(path))).toEqual([]);
    if (heading in NAMES) expect(named.filter((path) => path.includes('NAME')).length).toBeGreaterThan(0);
  });
});

test('commands name tests that are there', () => {
  const tests = [...text.matchAll(/test\/[\w/.-]+\.test\.ts/g)].map(([path]) => path);
  expect(tests.length).toBeGreaterThan(2);
  expect(tests.filter((path) => !existsSync(path))).toEqual([]);
});

describe('activations', () => {
  const stemsIn = (folder: string, ending: string): string[] => readdirSync(folder).filter((file) => file.endsWith(ending)).map(stem);
  const apart = ['activation', 'index'];

  test('have exactly their three files: a library of WGSL, a descriptor, a reference', () => {
    expect(stemsIn('shaders/lib/activations', '.wgsl').toSorted()).toEqual(activationNames.toSorted());
    expect(stemsIn('src/kernels/activations', '.ts').toSorted()).toEqual([...activationNames, ...apart, 'all'].toSorted());
    expect(stemsIn('src/reference/activations', '.ts').toSorted()).toEqual([...activationNames, ...apart].toSorted());
  });

  test.each(Object.entries(ACTIVATIONS))('%s has one name in all registries, and its own WGSL', (name, { name: own, source, activated }) => {
    expect(own).toBe(name);
    expect(source).toBe(readFileSync(`shaders/lib/activations/${name}.wgsl`, 'utf8'));
    if (activated === undefined) {
      expect(source).toMatch(/^fn activate\(z: vec4f, replica: u32\) -> vec4f \{$/m);
      expect(source).toMatch(/^fn slope\(gradient: vec4f, stored: vec4f, replica: u32\) -> vec4f \{$/m);
    } else expect(source).toMatch(/^fn activate\(z: vec4f, a: vec4f\) -> vec4f \{$/m);
    expect(LAYER_TYPES).toHaveProperty(name, expect.objectContaining({ type: name, maker: `${name}()`, isElementwise: true }));
  });

  test.each(Object.entries(ACTIVATIONS))('%s: its descriptor is true of its reference', (name, { stored, keepsZero, keepsMask }) => {
    const { activate, slope, stored: from = 'output' }: ActivationReference = activations[name as keyof typeof activations];
    expect(from).toBe(stored);
    expect(activate(0) === 0).toBe(keepsZero);
    for (const z of [-3.7, -1, -0.3, 0.2, 1, 4.1]) {
      const of = stored === 'output' ? activate(z) : z, h = 1e-6;
      expect(slope(of)).toBeCloseTo((activate(z + h) - activate(z - h)) / (2 * h), 8);
      if (keepsMask) expect(slope(of)).toBe(activate(z) > 0 ? 1 : 0);
    }
  });

  test('no reference is without its activation', () => {
    expect(Object.keys(activations).toSorted()).toEqual(activationNames.toSorted());
  });
});

test('fusion rules say what they do, each of them', () => {
  expect(Object.keys(MEANINGS)).toEqual(FUSION_RULES.map(({ name }) => name));
});

describe('layers and losses', () => {
  test.each(Object.entries({ ...LAYER_TYPES, ...LOSS_TYPES }))('%s has its type for a name', (name, { type, maker }) => {
    expect(type).toBe(name);
    expect(maker).toMatch(/^\w+\(.*\)$/);
  });
});

describe('optimizers', () => {
  test('are every rule, and AdamW', () => {
    expect(OPTIMIZER_NAMES.toSorted()).toEqual([...RULE_NAMES, 'adamw'].toSorted());
    expect(Object.keys(OPTIMIZERS).toSorted()).toEqual([...RULE_NAMES].toSorted());
  });

  test.each(RULE_NAMES)('%s has one library of WGSL, and a reference in the file of its name', (rule) => {
    const own = optimizerSources.filter(({ text: source }) => updateLibraries(bareRule(rule)).includes(source));
    expect(own).toHaveLength(1);
    expect(existsSync(`src/reference/optimizers/${stem(own[0]!.path)}.ts`)).toBe(true);
  });

  test.each(Object.entries(OPTIMIZER_TYPES))('%s has a maker among its kin, which makes its rule', (name, { maker }) => {
    const files = filesUnder('src/model/optimizers', '.ts').filter(({ text: source }) => new RegExp(`^export (?:const|function) ${maker}\\b`, 'm').test(source));
    expect(files).toHaveLength(1);
    expect(namedOptimizer(name).rule).toBe(name === 'adamw' ? 'adam' : name);
  });

  test('no library of WGSL is without an optimizer', () => {
    const used = new Set(RULE_NAMES.flatMap((rule) => updateLibraries(bareRule(rule))));
    expect(optimizerSources.filter(({ text: source }) => !used.has(source)).map(({ path }) => path)).toEqual([]);
  });
});
