/** Schedules against PyTorch 1.13's (in double), and by hand. */
import { describe, expect, test } from 'vitest';
import {
  cosine, custom, exponential, isPlateauState, isSchedule, nextPlateau, oneCycle, plateau, plateausIn, polynomial, rangeOf,
  serialise, START_PLATEAU, stepDecay, textOf, valueAt, warmUp, withFunctions, type PlateauSchedule, type Schedule,
} from '../../src/model/schedules/index.ts';

const valuesOf = (schedule: Schedule, steps: number, count: number): number[] =>
  Array.from({ length: count }, (_, step) => valueAt(schedule, step, steps));

const expectValues = (found: readonly number[], wanted: readonly number[]): void => {
  expect(found.length).toBe(wanted.length);
  wanted.forEach((value, i) => expect(Math.abs(found[i]! - value), `step ${i}: ${found[i]}, wanted ${value}`).toBeLessThan(1e-14));
};

const ripple = custom('ripple', (step, steps) => 0.1 + 0.05 * Math.sin(Math.min(1, step / Math.max(1, steps))));

/** Torch call, schedule, horizon, learning rates at steps 0, 1, ...; SGD with lr = 0.5 unless the schedule sets it. */
const TORCH: readonly (readonly [string, Schedule, number, readonly number[]])[] = [
  ['StepLR(o, 3, gamma=.2)', stepDecay(0.5, { factor: 0.2, every: 3 }), 8, [0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.02, 0.02]],
  ['MultiStepLR(o, [2, 5], gamma=.1)', stepDecay(0.5, { milestones: [2, 5] }), 8, [0.5, 0.5, 0.05, 0.05, 0.05, 0.005, 0.005, 0.005]],
  ['MultiStepLR(o, [2, 5], gamma=10), lr .01', stepDecay(0.01, { factor: 10, milestones: [2, 5] }), 7, [0.01, 0.01, 0.1, 0.1, 0.1, 1, 1]],
  ['ExponentialLR(o, .9)', exponential(0.5, { factor: 0.9 }), 6, [0.5, 0.45, 0.405, 0.3645, 0.32805, 0.295245]],
  ['PolynomialLR(o, 8, power=2.)', polynomial(0.5, { power: 2 }), 8,
    [0.5, 0.3828125, 0.28125, 0.1953125, 0.125, 0.0703125, 0.03125, 0.0078125, 0, 0, 0]],
  ['PolynomialLR(o, 4, power=1.)', polynomial(0.5, { steps: 4 }), 100, [0.5, 0.375, 0.25, 0.125, 0, 0]],
  ['CosineAnnealingLR(o, 8, eta_min=.02)', cosine(0.5, { final: 0.02 }), 8,
    [0.5, 0.4817310878027088, 0.42970562748477137, 0.3518440237676216, 0.26, 0.16815597623237846, 0.09029437251522862,
      0.038268912197291186, 0.02]],
  ['CosineAnnealingWarmRestarts(o, 4, T_mult=2, eta_min=.02)',
    cosine(0.5, { final: 0.02, restarts: { firstPeriod: 4, periodFactor: 2 } }), 14,
    [0.5, 0.42970562748477137, 0.26, 0.09029437251522861, 0.5, 0.4817310878027088, 0.42970562748477137, 0.3518440237676216, 0.26,
      0.16815597623237846, 0.09029437251522861, 0.038268912197291186, 0.5, 0.4953884672967753]],
  ['CosineAnnealingWarmRestarts(o, 3)', cosine(0.5, { restarts: { firstPeriod: 3 } }), 8,
    [0.5, 0.375, 0.125, 0.5, 0.375, 0.125, 0.5, 0.375]],
  ['SequentialLR(o, [LinearLR(o, .1, 1, 4), CosineAnnealingLR(o, 6)], [4])', warmUp(cosine(0.5), { steps: 4, initial: 0.05 }), 10,
    [0.05, 0.1625, 0.275, 0.3875, 0.5, 0.4665063509461097, 0.375, 0.25, 0.125, 0.03349364905389032, 0]],
  ['SequentialLR(o, [LinearLR(o, .2, 1, 2), StepLR(o, 3, gamma=.1)], [2])', warmUp(stepDecay(0.5, { every: 3 }), { steps: 2, initial: 0.1 }), 9,
    [0.1, 0.3, 0.5, 0.5, 0.5, 0.05, 0.05, 0.05, 0.005]],
  ['OneCycleLR(o, .5, total_steps=20)', oneCycle(0.5), 20,
    [0.020000000000000018, 0.06583592135001265, 0.18583592135001265, 0.3341640786499874, 0.45416407864998737, 0.5,
      0.49373200311754367, 0.47524231600673683, 0.445458088785525, 0.40587282697488153, 0.3584715008956504, 0.30563101096814466,
      0.250001, 0.19437098903185537, 0.14153049910434962, 0.09412917302511849, 0.05454391121447502, 0.024759683993263143,
      0.006269996882456277, 2e-6]],
  ['OneCycleLR(o, 1., total_steps=10, pct_start=.25, div_factor=10, final_div_factor=100.)',
    oneCycle(1, { warmFraction: 0.25, divFactor: 10, finalDivFactor: 100 }), 10,
    [0.1, 0.775, 0.9890847265665359, 0.9046039886902862, 0.75025, 0.552711967402193, 0.3461460113097138, 0.16626926212375048,
      0.044184043907520815, 0.001]],
  ['OneCycleLR(o, .8, total_steps=9, pct_start=.5)', oneCycle(0.8, { warmFraction: 0.5 }), 9,
    [0.032, 0.17657991608624635, 0.5014480386392248, 0.761972045274529, 0.7758771448061702, 0.6000008, 0.33054260677031216,
      0.09358504842351784, 3.2e-6]],
  ['OneCycleLR(o, 1., total_steps=8, pct_start=1.)', oneCycle(1, { warmFraction: 1 }), 8,
    // PyTorch divides by zero at the last step; the formula's limit there is the maximum.
    [0.04, 0.08753494340683887, 0.2207248951078079, 0.41318995170096917, 0.6268100482990309, 0.819275104892192, 0.9524650565931612, 1]],
  ['OneCycleLR(o, 1., total_steps=8, pct_start=0.)', oneCycle(1, { warmFraction: 0 }), 8,
    [0.9619399184965783, 0.8535539763797113, 0.6913429508156802, 0.500002, 0.30866104918431986, 0.14645002362028864,
      0.03806408150342165, 4e-6]],
  ['OneCycleLR(o, 1., total_steps=3)', oneCycle(1), 3, [0.9944154354509117, 0.46263710266697505, 4e-6]],
  ['OneCycleLR(o, 1., total_steps=1)', oneCycle(1), 1, [4e-6]],
];

describe('values', () => {
  test.each(TORCH)('%s', (_, schedule, steps, wanted) => expectValues(valuesOf(schedule, steps, wanted.length), wanted));

  test('what is past PyTorch, by hand', () => {
    // factor^(step / every) between the whole periods: 0.25^(1/2) = 0.5.
    expectValues(valuesOf(exponential(1, { factor: 0.25, every: 2 }), 9, 5), [1, 0.5, 0.25, 0.125, 0.0625]);
    expectValues(valuesOf(polynomial(0.9, { final: 0.1 }), 4, 6), [0.9, 0.7, 0.5, 0.3, 0.1, 0.1]);
    // Rising: l1 from 0 to 1e-3 with the square root of the time left.
    expectValues(valuesOf(polynomial(0, { final: 1, power: 0.5 }), 4, 5), [0, 1 - Math.sqrt(0.75), 1 - Math.SQRT1_2, 0.5, 1]);
    expectValues(valuesOf(warmUp(0.4, { steps: 4 }), 2, 6), [0, 0.1, 0.2, 0.3, 0.4, 0.4]);
    expect(valueAt(custom('half', (step, steps) => step / (2 * steps)), 3, 12)).toBe(0.125);
  });

  test('restarts come at the first step of a period, also where log(243) / log(3) is below 5', () => {
    // Periods 1, 3, 9, 27, 81, 243: the sixth begins at (3^5 - 1) / 2 = 121, the seventh at 364.
    const schedule = cosine(1, { restarts: { firstPeriod: 1, periodFactor: 3 } });
    for (const start of [0, 1, 4, 13, 40, 121, 364]) expect(valueAt(schedule, start, 10)).toBe(1);
    for (const last of [12, 39, 120, 363]) expect(valueAt(schedule, last, 10)).toBeLessThan(0.1);
    expect(valueAt(schedule, 121 + 81, 10)).toBeCloseTo(0.75, 14); // (1 + cos(pi / 3)) / 2
  });

  test('a warm-up meets its schedule without a jump, and gives it the rest of the training', () => {
    const inner = oneCycle(0.3);
    const schedule = warmUp(inner, { steps: 7, initial: 1 });
    expect(valueAt(schedule, 0, 27)).toBe(1);
    for (let step = 7; step < 30; step += 1) expect(valueAt(schedule, step, 27)).toBe(valueAt(inner, step - 7, 20));
    const slope = (valueAt(inner, 0, 20) - 1) / 7;
    expect(valueAt(schedule, 7, 27) - valueAt(schedule, 6, 27)).toBeCloseTo(slope, 14);
    const seen: number[][] = [];
    const watched = warmUp(custom('watched', (step, steps) => (seen.push([step, steps]), 1)), { steps: 4 });
    seen.length = 0;
    valueAt(watched, 2, 10);
    valueAt(watched, 9, 10);
    valueAt(watched, 1, 3); // The training ends before the warm-up does.
    expect(seen).toEqual([[0, 6], [5, 6], [0, 0]]);
  });

  test.each<[Schedule, number, number]>([
    [polynomial(0.5, { final: 0.1 }), 0.5, 0.1],
    [cosine(0.3, { final: 0.7 }), 0.3, 0.7],
    [oneCycle(1), 4e-6, 4e-6],
    [exponential(0.5, { factor: 0.5, every: 1e9 }), 0.5, 0.5],
    [warmUp(0.5, { steps: 3, initial: 0.2 }), 0.2, 0.5],
  ])('%o in trainings of no step and of one', (schedule, first, after) => {
    for (const steps of [0, 1]) {
      expect(valueAt(schedule, 0, steps)).toBeCloseTo(first, 15);
      expect(valueAt(schedule, -1, steps)).toBeCloseTo(first, 15);
      expect(valueAt(schedule, 100, steps)).toBeCloseTo(after, 6);
    }
  });
});

const ALL: readonly Schedule[] = [
  ...TORCH.map(([, schedule]) => schedule), 0.25, -1,
  exponential(-2, { factor: 0.5, every: 7 }), exponential(2, { factor: 1 }), stepDecay(-1, { factor: 1, every: 1 }),
  stepDecay(1, { factor: 1e-37, every: 1 }), polynomial(0.1, { final: 0.7, power: 0.3 }), polynomial(-3e38, { final: 3e38 }),
  cosine(0.1, { final: 0.3 }), cosine(0.1, { final: 0.1 }), cosine(-0.7, { final: 0.1, restarts: { firstPeriod: 9 } }),
  oneCycle(-3), oneCycle(0.1, { divFactor: 1, finalDivFactor: 1 }), warmUp(cosine(0.1), { steps: 11, initial: 0.7 }),
  warmUp(oneCycle(0.9), { steps: 5, initial: -0.3 }), plateau(0.1, { minimum: 0.03 }), warmUp(plateau(0.1), { steps: 6 }), ripple,
];

describe('every schedule', () => {
  test.each(ALL)('%o is finite and keeps to its range', (schedule) => {
    const [low, high] = rangeOf(schedule);
    expect(low).toBeLessThanOrEqual(high);
    for (const steps of [0, 1, 2, 10, 97, 1000]) {
      for (let step = 0; step < 210; step += 1) {
        const value = valueAt(schedule, step, steps, () => step % 5);
        expect(Number.isFinite(value) && value >= low && value <= high, `${value} at ${step} of ${steps}: [${low}, ${high}]`).toBe(true);
      }
    }
  });

  test.each(ALL.filter((schedule) => schedule !== ripple))('%o is data: a file brings it back', (schedule) => {
    const again: unknown = JSON.parse(JSON.stringify(schedule));
    expect(isSchedule(again)).toBe(true);
    expect(again).toStrictEqual(schedule);
    expect(withFunctions(JSON.parse(JSON.stringify(serialise({ learningRate: schedule }, 9))), {})).toStrictEqual({ learningRate: schedule });
  });

  test('ranges are tight', () => {
    expect(rangeOf(stepDecay(0.5, { every: 9 }))).toEqual([0, 0.5]);
    expect(rangeOf(stepDecay(1, { factor: 2, milestones: [5, 8] }))).toEqual([1, 4]);
    expect(rangeOf(exponential(0.5, { factor: 1 }))).toEqual([0.5, 0.5]);
    expect(rangeOf(polynomial(0.2, { final: 0.6 }))).toEqual([0.2, 0.6]);
    expect(rangeOf(oneCycle(1))).toEqual([4e-6, 1]);
    expect(rangeOf(plateau(0.5, { minimum: 0.1 }))).toEqual([0.1, 0.5]);
    expect(rangeOf(warmUp(plateau(0.5, { minimum: 0.1 }), { steps: 5 }))).toEqual([0, 0.5]);
    expect(rangeOf(custom('line', (step, steps) => 2 - step / steps))).toEqual([1, 2]);
  });
});

const after = (schedule: PlateauSchedule, figures: readonly number[]) =>
  figures.reduce<(typeof START_PLATEAU)[]>((all, figure) => [...all, nextPlateau(all.at(-1) ?? START_PLATEAU, schedule, figure)], []);

describe('plateau', () => {
  const LOSSES = [2, 1.5, 1.5, 1.49999, 1.6, 1.2, 1.3, NaN, 1.25, 1.19, 1.2, 1.2, 1.2, 1.2, Infinity, 1.2, 0.5, 0.49997, 0.5];
  const ACCURACIES = [0.1, 0.5, 0.5, 0.504, 0.506, 0.5, 0.5, 0.5, 0.9, 0.9, 0.9, 0.9, 0.95, 0.9];

  test('ReduceLROnPlateau(o, factor=.5, patience=1, threshold=1e-4, eps=0), lr 1', () => {
    const schedule = plateau(1, { factor: 0.5, patience: 1 });
    const states = after(schedule, LOSSES);
    expect(states.map(({ reductions }) => valueAt(schedule, 0, 1, () => reductions))).toEqual(
      [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625, 0.03125, 0.03125, 0.03125, 0.015625]);
    expect(states.map(({ best }) => best)).toEqual(
      [2, 1.5, 1.5, 1.5, 1.5, 1.2, 1.2, 1.2, 1.2, 1.19, 1.19, 1.19, 1.19, 1.19, 1.19, 1.19, 0.5, 0.5, 0.5]);
    expect(states.map(({ bad }) => bad)).toEqual([0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0]);
  });

  test('... cooldown=2, min_lr=.2', () => {
    const schedule = plateau(1, { factor: 0.5, patience: 1, cooldown: 2, minimum: 0.2 });
    const states = after(schedule, LOSSES);
    expect(states.map(({ reductions }) => valueAt(schedule, 0, 1, () => reductions))).toEqual(
      [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]);
    expect(states.map(({ bad }) => bad)).toEqual([0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]);
    expect(states.map(({ cooldown }) => cooldown)).toEqual([0, 0, 0, 2, 1, 0, 0, 2, 1, 0, 0, 2, 1, 0, 0, 2, 1, 0, 0]);
  });

  test("ReduceLROnPlateau(o, mode='max', factor=.1, patience=0, threshold=.01, cooldown=1, eps=0), lr 1", () => {
    const schedule = plateau(1, { monitor: 'accuracy', patience: 0, threshold: 0.01, cooldown: 1 });
    const states = after(schedule, ACCURACIES);
    expectValues(states.map(({ reductions }) => valueAt(schedule, 0, 1, () => reductions)),
      [1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 1e-3, 1e-3, 1e-4, 1e-4, 1e-5, 1e-5, 1e-6]);
    expect(states.map(({ best }) => best)).toEqual([0.1, 0.5, 0.5, 0.5, 0.506, 0.506, 0.506, 0.506, 0.9, 0.9, 0.9, 0.9, 0.95, 0.95]);
    expect(states.map(({ cooldown }) => cooldown)).toEqual([0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
  });

  test("ReduceLROnPlateau(o, mode='max'): ten epochs are borne, the eleventh is not", () => {
    const schedule = plateau(1, { monitor: 'accuracy' });
    expect(after(schedule, ACCURACIES).map(({ bad }) => bad)).toEqual([0, 0, 1, 0, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1]);
    const flat = after(schedule, Array.from({ length: 12 }, () => 0.5));
    expect(flat.map(({ reductions }) => reductions)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  });

  test('goes through a warm-up', () => {
    const inner = plateau(0.8, { factor: 0.5 });
    const schedule = warmUp(inner, { steps: 4 });
    const asked: PlateauSchedule[] = [];
    const twice = (one: PlateauSchedule): number => (asked.push(one), 2);
    expect([valueAt(schedule, 9, 20), valueAt(schedule, 9, 20, twice)]).toEqual([0.8, 0.2]);
    expectValues([valueAt(schedule, 1, 20, twice)], [0.05]); // A quarter of the way to 0.2.
    expect(asked).toEqual([inner, inner]);
    expect([plateausIn(schedule), plateausIn(inner), plateausIn(0.1), plateausIn(cosine(1))]).toEqual([[inner], [inner], [], []]);
  });

  test('states survive a file, and others are told apart', () => {
    const states = [START_PLATEAU, ...after(plateau(1, { patience: 0, cooldown: 3 }), [NaN, 2, 3])];
    expect(JSON.parse(JSON.stringify(states))).toStrictEqual(states);
    expect(states.every(isPlateauState)).toBe(true);
    const state = states[1]!;
    for (const bad of [null, 3, {}, { ...state, best: 'x' }, { ...state, bad: -1 }, { ...state, cooldown: 0.5 }, { ...state, reductions: null }]) {
      expect(isPlateauState(bad), textOf(bad)).toBe(false);
    }
  });
});
