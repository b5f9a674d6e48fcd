/** What an update costs in dispatches and bytes: the least that it can, counted by the Plan. No device is opened here. */
import { describe, expect, test } from 'vitest';
import { optimizerSlots, type RuleName } from '../../src/kernels/rule.ts';
import { ema } from '../../src/model/averaging.ts';
import { clipByGlobalNorm, clipByNorm, clipByValue, type Clip } from '../../src/model/clip.ts';
import { describeNetwork } from '../../src/model/network.ts';
import type { Optimizer } from '../../src/model/optimizers/index.ts';
import {
  activityL1, activityL2, elasticNet, groupLasso, l1, l2, maxNorm, nonNegative, unitNorm, type Regularizers,
} from '../../src/model/regularizers.ts';
import type { Fusion } from '../../src/compile/tiles.ts';
import type { Plan } from '../../src/scheduler/plan.ts';
import { planOf } from '../../src/train/estimate.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { MAKERS, RULES } from '../model/support.ts';
import { flagship, FUSIONS } from './models.ts';

/** Floats of one replica's arena, and of the weights that rules on units touch: 784 x 1000, 1000 x 500, 500 x 10 in rows of 12. */
const ARENA = describeNetwork(flagship().model).stride;
const WEIGHTS = 784 * 1000 + 1000 * 500 + 500 * 12;
/** With biases, rows padded to 4, no chunks: what the fused kernels touch. */
const PARAMETERS = WEIGHTS + 1000 + 500 + 12;

const plan = (optimizer: Optimizer, changes: Partial<TrainerConfig> = {}): Plan => planOf(flagship({ optimizer, ...changes }));
const none = (optimizer: Optimizer, changes: Partial<TrainerConfig> = {}): Plan => plan(optimizer, { fusion: 'none', ...changes });
const kernels = ({ dispatches }: Plan): string[] => dispatches.map(({ kernel }) => kernel);
const bytesOf = ({ dispatches }: Plan, ...names: string[]): number =>
  dispatches.filter(({ kernel }) => names.includes(kernel)).reduce((sum, { bytes }) => sum + bytes, 0);

/** Read weight, gradient and state, write weight and state: 12 + 8 per f32 of state. */
const MINIMUM: Readonly<Record<RuleName, number>> = {
  sgd: 12,
  momentum: 20, nesterov: 20, adagrad: 20, rmsprop: 20, lion: 20, lars: 20,
  rmspropCentered: 28, rmspropMomentum: 28, adadelta: 28, adam: 28, adamax: 28, nadam: 28, lamb: 28, ftrl: 28,
  amsgrad: 36, rmspropCenteredMomentum: 36,
};
const WITH_NORMS: readonly RuleName[] = ['lamb', 'lars'];
const FUSED = RULES.filter((rule) => !WITH_NORMS.includes(rule));

describe('the update moves the least that it can, per padded parameter', () => {
  test.each(RULES)('%s', (rule) => {
    const name = WITH_NORMS.includes(rule) ? 'scaled-update' : 'update';
    expect(bytesOf(none(MAKERS[rule]()), name)).toBe(MINIMUM[rule] * ARENA);
    expect(bytesOf(none(MAKERS[rule](), { replicas: [{}, {}] }), name)).toBe(2 * MINIMUM[rule] * ARENA);
  });

  test.each(FUSED)('%s as epilogue: the gradient never reaches memory', (rule) => {
    // The operands of the weight gradients: a batch of inputs and of deltas per layer.
    const operands = 4 * 128 * (784 + 1000 + 1000 + 500 + 500 + 12);
    for (const [fusion, name] of [['layer', 'dense-weight-update'], ['full', 'network-weight-update']] as const) {
      expect(bytesOf(plan(MAKERS[rule](), { fusion }), name) - operands).toBe((MINIMUM[rule] - 4) * PARAMETERS);
    }
  });
});

/** Changes that an optimizer's own pass takes along. FTRL makes its weights anew, so it has no decay. */
const FREE: readonly (readonly [string, { regularizers?: Regularizers; weightDecay?: number; clip?: Clip }])[] = [
  ['l1', { regularizers: [l1(1e-5)] }],
  ['l1, subgradient', { regularizers: [l1(1e-5, { rule: 'subgradient' })] }],
  ['l2', { regularizers: [l2(1e-4)] }],
  ['l2, proximal', { regularizers: [l2(1e-4, { rule: 'proximal' })] }],
  ['elastic net', { regularizers: [elasticNet({ l1: 1e-5, l2: 1e-4 })] }],
  ['everything without a norm', {
    regularizers: [elasticNet({ l1: 1e-5, l2: 1e-4, biases: true }), nonNegative(), activityL1(1e-3), activityL2(1e-3)], clip: clipByValue(1),
  }],
];

describe('what adds no byte and no dispatch', () => {
  test.each(FREE)('%s', (_, common) => {
    for (const rule of RULES) {
      for (const fusion of WITH_NORMS.includes(rule) ? (['none'] as const) : FUSIONS) {
        const [without, withIt] = [plan(MAKERS[rule](), { fusion }), plan(MAKERS[rule](common), { fusion })];
        expect([rule, fusion, kernels(withIt), withIt.bytes]).toEqual([rule, fusion, kernels(without), without.bytes]);
      }
    }
  });

  test('weight decay, and l1 under its plain threshold', () => {
    for (const rule of RULES.filter((one) => one !== 'ftrl')) {
      const [without, ...others] = [{}, { weightDecay: 0.01 }, { regularizers: [l1(1e-5, { rule: 'decoupled' as const })] }]
        .map((common) => none(MAKERS[rule](common)));
      for (const other of others) expect([kernels(other), other.bytes]).toEqual([kernels(without!), without!.bytes]);
    }
  });
});

/** What a change adds to a plan: dispatches by kernel, and bytes in all. */
function added(without: Plan, withIt: Plan): { kernels: string[]; bytes: number } {
  const rest = kernels(withIt);
  for (const kernel of kernels(without)) {
    const at = rest.indexOf(kernel);
    if (at >= 0) rest.splice(at, 1);
  }
  return { kernels: rest, bytes: withIt.bytes - without.bytes };
}

describe('what keeps one f32 more per parameter: 8 bytes, no dispatch', () => {
  test.each(FUSED)('%s', (rule) => {
    for (const fusion of FUSIONS) {
      const size = fusion === 'none' ? ARENA : PARAMETERS;
      const bare = plan(MAKERS[rule](), { fusion });
      expect(added(bare, plan(MAKERS[rule](), { fusion, averaging: ema() }))).toEqual({ kernels: [], bytes: 8 * size });
      if (rule === 'ftrl') continue;
      const cumulative = MAKERS[rule]({ regularizers: [l1(1e-5, { rule: 'cumulative' })] });
      expect(added(bare, plan(cumulative, { fusion }))).toEqual({ kernels: [], bytes: 8 * size });
      expect(added(bare, plan(cumulative, { fusion, averaging: ema() }))).toEqual({ kernels: [], bytes: 16 * size });
    }
  });
});

describe('what needs norms of tensors: one dispatch more', () => {
  const clips = [clipByNorm(1), clipByGlobalNorm(1)];

  test.each(FUSED)('%s clipped by a norm: the gradient is read once more, 4 bytes; skipping: weights and state too, to see what overflows', (rule) => {
    const bare = none(MAKERS[rule]());
    const want = { kernels: ['tensor-norms', 'scaled-update'], bytes: 4 * ARENA };
    // scaled-update takes the place of update.
    for (const clip of clips) expect(added(bare, none(MAKERS[rule]({ clip })))).toEqual(want);
    expect(kernels(none(MAKERS[rule]({ clip: clips[0]! })))).toHaveLength(bare.dispatches.length + 1);
    if (rule === 'nadam' || rule === 'ftrl') return;
    const skipping = { ...want, bytes: 4 * (2 + optimizerSlots(rule).length) * ARENA };
    expect(added(bare, none(MAKERS[rule](), { onNonFinite: 'skip' }))).toEqual(skipping);
    // Both in one: what is clipped by a norm overflows no state.
    expect(added(bare, none(MAKERS[rule]({ clip: clips[1]! }), { onNonFinite: 'skip' }))).toEqual(want);
  });

  test('LARS moves 32 bytes, LAMB 44: weight, gradient and state once more for the norms', () => {
    for (const [rule, bytes] of [['lars', 32], ['lamb', 44]] as const) {
      const own = none(MAKERS[rule]());
      expect(kernels(own).filter((name) => ['update', 'tensor-norms', 'scaled-update'].includes(name))).toEqual(['tensor-norms', 'scaled-update']);
      expect(own.dispatches.length).toBe(none(MAKERS.sgd()).dispatches.length + 1);
      expect(bytesOf(own, 'tensor-norms', 'scaled-update')).toBe(bytes * ARENA);
      expect(added(own, none(MAKERS[rule](), { onNonFinite: 'skip' }))).toEqual({ kernels: [], bytes: 0 });
    }
  });
});

describe('what needs norms of units: one dispatch, 8 bytes per weight', () => {
  const rules = [[maxNorm(2)], [unitNorm()], [groupLasso(1e-4)], [groupLasso(1e-4), maxNorm(2)]];

  test.each(FUSIONS)('fusion %s', (fusion) => {
    for (const regularizers of rules) {
      const [bare, withIt] = [plan(MAKERS.momentum(), { fusion }), plan(MAKERS.momentum({ regularizers }), { fusion })];
      expect(added(bare, withIt)).toEqual({ kernels: ['unit-constraint'], bytes: 8 * WEIGHTS });
      expect(kernels(withIt).at(-1)).toBe('unit-constraint');
    }
  });

  test('with every optimizer', () => {
    for (const rule of RULES) {
      const [bare, withIt] = [none(MAKERS[rule]()), none(MAKERS[rule]({ regularizers: [maxNorm(2)] }))];
      expect(added(bare, withIt)).toEqual({ kernels: ['unit-constraint'], bytes: 8 * WEIGHTS });
    }
  });
});

test('accumulating adds no dispatch to a batch', () => {
  const [one, four] = [none(MAKERS.adam()), none(MAKERS.adam(), { accumulate: 4 })];
  expect(kernels(four)).toEqual(kernels(one));
});

describe('every update can be bound', () => {
  const AROUND: readonly [string, (rule: RuleName) => Partial<TrainerConfig>][] = [
    ['alone', (rule) => ({ optimizer: MAKERS[rule]() })],
    ['with penalties, a unit rule and an average', (rule) => ({
      optimizer: MAKERS[rule]({ regularizers: [elasticNet({ l1: 1, l2: 1 }), maxNorm(2), nonNegative(), activityL1(1)] }), averaging: ema(), replicas: [{}, { l1: 0 }],
    })],
    ['clipped by a norm, accumulated', (rule) => ({
      optimizer: MAKERS[rule](WITH_NORMS.includes(rule) ? { clip: clipByValue(1) } : { clip: clipByGlobalNorm(1) }), accumulate: 3,
    })],
  ];
  const canFuse = (rule: RuleName, { accumulate = 1 }: Partial<TrainerConfig>): boolean => !WITH_NORMS.includes(rule) && accumulate === 1;

  test.each(AROUND)('%s: 8 storage buffers at most, each writable one bound once', (_, changesOf) => {
    for (const rule of RULES) {
      const changes = changesOf(rule);
      const fusions: readonly Fusion[] = canFuse(rule, changes) ? FUSIONS : ['none'];
      for (const { label, bindings, grid } of fusions.flatMap((fusion) => planOf(flagship({ ...changes, fusion })).dispatches)) {
        expect(bindings.filter(({ access }) => access !== 'uniform').length, label).toBeLessThanOrEqual(8);
        for (const { buffer } of bindings.filter(({ access }) => access === 'read-write')) {
          expect(bindings.filter((other) => other.buffer === buffer).length, `${rule}, ${label}: ${buffer}`).toBe(1);
        }
        expect(Math.min(...grid), label).toBeGreaterThanOrEqual(1);
      }
    }
  });
});
