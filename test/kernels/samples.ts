/** Representative shapes of every kernel, composed: what the compilers and the architecture test look at. */
import { knowEverything } from '../../src/compile/all.ts';
import { ACTIVATIONS } from '../../src/kernels/activations/all.ts';
import { activationNamed } from '../../src/kernels/activations/index.ts';
import type { Below } from '../../src/kernels/below.ts';
import { kernels } from '../../src/kernels/index.ts';
import { HEAD_MAX_CLASSES } from '../../src/kernels/head.ts';
import type { Binding, DispatchShape, Grid, Kernel, View } from '../../src/kernels/kernel.ts';
import { bareRule, hasTrustRatio, RULE_NAMES, type Rule } from '../../src/kernels/rule.ts';
import type { Tile } from '../../src/kernels/tile.ts';
import { resolveTiles, traitsOf } from '../../src/compile/tiles.ts';
import { dispatchOf } from '../../src/scheduler/dispatch.ts';
import { elementLosses, type ElementLoss } from '../../src/reference/index.ts';
import { wgslOf } from '../../src/webgpu/wgsl.ts';
import { belowActivation } from '../cases/below.ts';
import { lossShape, type TargetOptions } from '../cases/loss-parts.ts';
import { entryOf, LAYERS } from '../cases/numbers.ts';
import { PLAIN_LOSS } from '../cases/plain-loss.ts';

export interface Sample {
  readonly kernel: string;
  readonly label: string;
  readonly bindings: Kernel<never>['bindings'];
  readonly code: string;
  readonly grid: Grid;
  /** WGSL extensions that the text enables. */
  readonly extensions: readonly string[];
}

type ShapeOf<K> = K extends Kernel<infer Shape> ? Omit<Shape, 'row'> : never;

knowEverything(); // Samples ask for them by their names.
const ACTIVATION_NAMES = Object.keys(ACTIVATIONS);
const isLearned = (name: string): boolean => activationNamed(name).activated !== undefined;
const slopes = { offset: 784_512, isPerUnit: true }, learnedBy = (name: string, parametersStride: number) => (isLearned(name) ? { slopes: { ...slopes, parametersStride } } : {});
const ELEMENT_LOSSES = Object.keys(elementLosses) as ElementLoss[];
const row = { replicas: 3, tensors: 6, groups: 5, layers: LAYERS };
const dropout = { index: 1, stream: 0x0400_0001 };
const belows: readonly Below[] = [{}, { activation: 'relu' }, { activation: 'relu', dropout }, { draws: true, dropout }, { activity: 2 }, { activation: 'relu', dropout, activity: 0 }, ...ACTIVATION_NAMES.filter((name) => !isLearned(name)).map((activation) => ({ ...belowActivation(activation, dropout), ...entryOf(activation) }))];
const { wide, narrow } = resolveTiles(undefined, traitsOf('software'), 128).forward;
const hardware = resolveTiles(undefined, traitsOf('hardware'), 128);
const tiles: readonly Tile[] = [
  wide, narrow, hardware.forward.wide, hardware.forward.narrow, hardware.weightGradient.wide,
  { rowBlocks: 4, columnBlocks: 3, workgroupX: 4, workgroupY: 8 },
  { family: 'quad', rowBlocks: 4, columnBlocks: 2, workgroupX: 8, workgroupY: 8 },
  { family: 'workgroup', rowBlocks: 4, columnBlocks: 2, workgroupX: 8, workgroupY: 8, slices: 1, depthBlocks: 1 },
];
const product = { rows: 128, columns: 500, depth: 784 };
const arena = { stride: 512 * 1024 };
const forward = { product, width: 500, weight: 0, bias: 392192, parametersStride: arena.stride };
const mapped = { rows: 128, columns: 500, width: 499 };
const loss = { rows: 128, columns: 12, classes: 10, batch: 125, samplesStride: 1000, loss: PLAIN_LOSS };
const allTargets: readonly TargetOptions[] = [false, true].flatMap((isVector) => [false, true].flatMap((isWeighted) => [false, true].map((hasClassWeights) => ({ isVector, isWeighted, hasClassWeights }))));
const softLosses = allTargets.map((targets) => lossShape('softmax-cross-entropy', 10, targets));
const elementLossShapes = (width: number) => [false, true].flatMap((isWeighted) => ELEMENT_LOSSES.map((type) => lossShape(type, width, { isWeighted })));
const head = { ...loss, inputs: 500, width: 500, weight: 256, bias: 6400, parametersStride: arena.stride };

/** Everything that is compiled in at once, though some of it means nothing together. */
const everything: Omit<Rule, 'name' | 'clip' | 'skip'> = {
  l1Subgradient: true, l1Proximal: true, l1Decoupled: true, l1Cumulative: true, l2Coupled: true, l2Proximal: true,
  weightDecay: true, nonNegative: true, unitRules: true, orthogonal: true, activity: true, average: true,
};
const rules: readonly Rule[] = RULE_NAMES.filter((name) => !hasTrustRatio(name)).flatMap((name): Rule[] =>
  [bareRule(name), { ...bareRule(name), ...everything, clip: 'value' }]);
/** What needs norms: all rules with skipped updates, and each kind of clip. */
const scaledRules: readonly Rule[] = RULE_NAMES.flatMap((name): Rule[] => [
  { ...bareRule(name), skip: true },
  { ...bareRule(name), ...everything, clip: hasTrustRatio(name) ? 'value' : 'norm', skip: true },
  ...(hasTrustRatio(name) ? [bareRule(name)] : [{ ...bareRule(name), clip: 'globalNorm' } as const]),
]);
const tall = { inputs: 784, outputs: 500, wide: false, weight: 256, parametersStride: arena.stride, tensor: 2 };
const units = [
  { offset: 0, inputs: 784, paddedOutputs: 500, tensor: 0, lassoFactor: 28 }, { offset: 400 * 1024, inputs: 500, paddedOutputs: 12, tensor: 2, lassoFactor: 1 },
];

const shapes: Readonly<Record<string, readonly ShapeOf<(typeof kernels)[number]>[]>> = {
  gather: [
    { rows: 128, columns: 784, width: 784, format: 'u8', inputWords: 196, shuffled: true, dropout, targetWords: 1, labelWords: 1 },
    { rows: 4, columns: 8, width: 5, format: 'f32', inputWords: 5, normalised: 'feature', shuffled: false, targetWords: 6, labelWords: 1 },
    { rows: 4, columns: 8, width: 5, format: 'f32', inputWords: 5, shuffled: false, targetWords: 6, labelWords: 1 },
    { rows: 4, columns: 8, width: 5, format: 'u8', inputWords: 2, normalised: 'all', shuffled: true, targetWords: 11, labelWords: 11 },
  ],
  'dense-forward': [...tiles.flatMap((tile) => [{ ...forward, tile }, { ...forward, tile, transposed: true }]), ...ACTIVATION_NAMES.map((activation) => ({ ...forward, tile: wide, activation, ...entryOf(activation), ...learnedBy(activation, arena.stride), dropout, keeps: activation === 'gelu' }))],
  map: [
    { ...mapped, add: false, below: {} }, ...ACTIVATION_NAMES.map((activation) => ({ ...mapped, add: true, activation, ...entryOf(activation), ...learnedBy(activation, arena.stride), below: {} })),
    ...belows.map((below) => ({ ...mapped, add: true, below })),
  ],
  columns: [
    { rows: 128, columns: { first: 784, second: 500, output: 1284 }, from: 0, first: 784, second: 500, to: 0 },
    { rows: 4, columns: { first: 8, second: 0, output: 12 }, from: 2, first: 3, second: 0, to: 5 },
  ],
  'dense-input-gradient': [...tiles.flatMap((tile) => [{ ...forward, tile, below: belows[0] }, { ...forward, tile, transposed: true, below: belows[0] }]), ...belows.map((below) => ({ ...forward, tile: wide, below }))],
  'dense-weight-gradient': tiles.map((tile) => ({ product, tile, weight: 0, gradientsStride: arena.stride, accumulate: tile === wide, adds: tile !== wide })),
  'bias-gradient': [false, true].map((accumulate) => ({ batch: 128, columns: 500, bias: 392192, gradientsStride: arena.stride, accumulate })),
  'slope-gradient': [true, false].map((isPerUnit) => ({ ...mapped, slopes: { ...slopes, isPerUnit }, parametersStride: arena.stride })),
  'slope-total': [false, true].map((accumulate) => ({ length: 12 * 500, slope: 784_512, gradientsStride: arena.stride, accumulate })),
  gram: tiles.flatMap((tile) => [{ ...tall, tile }, { ...tall, inputs: 12, wide: true, tile }]),
  'orthogonal-gradient': tiles.flatMap((tile) => [{ ...tall, tile, gradientsStride: arena.stride }, { ...tall, inputs: 12, wide: true, tile, gradientsStride: arena.stride }]),
  'dense-weight-update': [
    ...rules.map((rule) => ({ product, tile: narrow, rule, arena, weight: 0, bias: 392192, weightTensor: 2, biasTensor: 3 })),
    ...tiles.map((tile) => ({ product, tile, rule: rules[0]!, arena, weight: 0, bias: 392192, weightTensor: 0, biasTensor: 1 })),
  ],
  'network-weight-update': [
    ...rules.map((rule) => ({ products: [product, product], tile: narrow, rule, arena })),
    ...tiles.map((tile) => ({ products: [product], tile, rule: rules[0]!, arena })),
  ],
  update: rules.map((rule) => ({ chunks: 70000, rule, arena })),
  'tensor-norms': scaledRules.map((rule) => ({ rule, arena })),
  'scaled-update': scaledRules.map((rule) => ({ chunks: 70000, rule, arena })),
  'unit-constraint': [
    { weights: units, rule: bareRule('momentum'), arena }, { weights: units, rule: { ...bareRule('adam'), average: true }, arena },
    { weights: units, rule: { ...bareRule('adam'), average: true, skip: true }, arena },
  ],
  'view-norms': scaledRules.map((rule) => ({ views: 6, parameters: 397510, rule, arena })),
  'view-update': [...rules, ...scaledRules].map((rule) => ({ chunks: 70000, parameters: 397510, inFlight: 64, rule, arena })),
  'view-unit-constraint': (['in-out', 'out-in'] as const).map((layout) => ({
    weights: [{ tensor: 0, state: 0, weights: 3, inputs: 784, outputs: 500, layout, lassoFactor: 28 }], rule: { ...bareRule('adam'), average: layout === 'in-out', skip: layout === 'in-out' }, arena,
  })),
  softmax: [{ rows: 128, columns: 12, classes: 10 }, { rows: 4, columns: 4, classes: 1 }],
  'softmax-cross-entropy': [loss, { ...loss, columns: 4, classes: 1 }, ...softLosses.map((own) => ({ ...loss, loss: own }))],
  'element-loss': [10, 784, 1].flatMap((width) => elementLossShapes(width).map((own) => ({ ...loss, columns: 4 * Math.ceil(width / 4), classes: width, loss: own }))),
  head: [
    ...belows.map((below) => ({ ...head, inputGradient: true, below })),
    ...[...softLosses.filter(({ classWeights }) => !classWeights), ...elementLossShapes(10)].map((own) => ({ ...head, loss: own, inputGradient: true, below: belows[2] })),
     { ...head, columns: HEAD_MAX_CLASSES, classes: HEAD_MAX_CLASSES, inputGradient: false, below: belows[0] },
  ],
  'parameter-sums': [{ chunks: 1 }, { chunks: 70000 }],
  snapshot: [{ length: 4, batch: 1, samplesStride: 1 }, { length: 4 * 64 * 70000, batch: 128, samplesStride: 128 * 469 }],
  philox: [{ length: 1000 }],
};

const view: View = { offset: 256, stride: 128 * 1024 };

export const samples: readonly Sample[] = kernels.flatMap((kernel) =>
  (shapes[kernel.name] ?? []).map((own, i) => {
    const any = kernel as unknown as Kernel<DispatchShape>;
    const shape = { row, ...own };
    // Optional bindings are for what a product keeps, for slopes, for weights of classes, and for what normalises.
    const bindings = (kernel.bindings as readonly Binding[]).filter(({ isOptional }) =>
      isOptional !== true || ('keeps' in own && own.keeps === true) || (kernel.name === 'map' && 'slopes' in own) || ('loss' in own && own.loss.classWeights)
      || ('normalised' in own && own.normalised !== undefined));
    const operands = Object.fromEntries(bindings.map(({ name }) => [name, { buffer: name, ...view }]));
    const dispatch = dispatchOf(any, shape, `${kernel.name}, shape ${i}`, operands);
    const { label, grid, extensions } = dispatch;
    return { kernel: kernel.name, label, bindings, code: wgslOf(dispatch), grid, extensions };
  }));
