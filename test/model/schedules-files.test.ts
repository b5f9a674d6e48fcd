/** Schedules and files: functions saved and given again, and data that is refused. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import {
  cosine, custom, exponential, isSchedule, oneCycle, plateau, polynomial, probeOf, serialise, stepDecay, textOf, valueAt, warmUp,
  withFunctions, type ScheduleFunction,
} from '../../src/model/schedules/index.ts';

const ripple = custom('ripple', (step, steps) => 0.1 + 0.05 * Math.sin(Math.min(1, step / Math.max(1, steps))));

describe('functions', () => {
  const decay: ScheduleFunction = (step, steps) => 0.1 * Math.exp(-step / Math.max(1, steps));
  const config = { learningRate: warmUp(custom('decay', decay), { steps: 10 }), layers: [{ l1: ripple }, { l1: 0.1, none: null }] };
  const saved = (): unknown => JSON.parse(JSON.stringify(serialise(config, 90)));

  test('are saved as name and values, the data given left as it is', () => {
    const inner = { schedule: 'function', name: 'decay', steps: 80, probe: Array.from({ length: 17 }, (_, i) => decay(5 * i, 80)) };
    expect(saved()).toMatchObject({ learningRate: { schedule: 'warmUp', steps: 10, inner }, layers: [{ l1: { name: 'ripple', steps: 90 } }, { l1: 0.1, none: null }] });
    expect(config.learningRate.inner).toHaveProperty('value', decay);
    // Before the first fit the horizon is not known; at a horizon of 0 every probe would be the same.
    expect(serialise(ripple, 0)).toMatchObject({ name: 'ripple', steps: 1000 });
    expect(isSchedule((saved() as typeof config).learningRate)).toBe(false);
  });

  test('come back by name', () => {
    const functions = { decay, ripple: ripple.value, unused: () => 1 };
    expect(withFunctions(saved(), functions)).toStrictEqual(config);
    expect(withFunctions(config, {})).toStrictEqual(config); // Already in place.
    // The last digits of Math.exp differ between engines.
    expect(() => withFunctions(saved(), { ...functions, decay: (step, steps) => decay(step, steps) * (1 + 1e-12) })).not.toThrow();
  });

  test('are asked for by name where they are missing', () => {
    for (const functions of [{ decay }, { decay, ripple: 3 }] as unknown as Record<string, ScheduleFunction>[]) {
      expect(() => withFunctions(saved(), functions)).toThrow(InputError);
      expect(() => withFunctions(saved(), functions)).toThrow(/"ripple".*pass it again/);
    }
    const inherited = { schedule: 'function', name: 'toString', steps: 16, probe: Array.from({ length: 17 }, () => 1) };
    expect(() => withFunctions(inherited, {})).toThrow(/"toString".*none of that name was given/);
  });

  test('are refused where they are not the same, with step and values', () => {
    const other: ScheduleFunction = (step, steps) => (step < 40 ? decay(step, steps) : 0.5);
    const give = (): unknown => withFunctions(saved(), { decay: other, ripple: ripple.value });
    expect(give).toThrow(InputError);
    expect(give).toThrow(`"decay" is not the one that was saved: at step 40 of 80 it was ${decay(40, 80)}, and the one given has 0.5`);
  });

  test.each<[string, object]>([
    ['no probe', { probe: undefined }], ['a short probe', { probe: [1] }], ['no horizon', { steps: undefined }],
    ['a horizon of 0', { steps: 0 }], ['a probe of text', { probe: Array.from({ length: 17 }, () => 'x') }], ['no name', { name: '' }],
  ])('a file with %s is refused', (_, change) => {
    const form = { schedule: 'function', name: 'x', steps: 16, probe: Array.from({ length: 17 }, () => 1) };
    expect(withFunctions(form, { x: () => 1 })).toMatchObject({ name: 'x' });
    expect(() => withFunctions({ ...form, ...change }, { x: () => 1, '': () => 1 })).toThrow(InputError);
  });

  test('hostile data neither overflows the stack nor reaches a prototype', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 20_000; i += 1) deep = [deep];
    expect(() => withFunctions(deep, {})).toThrow(InputError);
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(() => serialise(circle, 5)).toThrow(InputError);
    const copy = withFunctions(JSON.parse('{"__proto__": {"polluted": 1}}'), {}) as object;
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(Object.keys(copy)).toEqual(['__proto__']);
    expect(withFunctions(new Float32Array(2), {})).toEqual(new Float32Array(2));
  });

  test('that are not finite are refused, at the maker where a sample shows it', () => {
    expect(() => custom('bad', () => NaN)).toThrow(/"bad" gave NaN at step 0 of 1000/);
    const late = custom('late', (step) => (step === 7 ? Infinity : 1));
    expect(() => valueAt(late, 7, 9)).toThrow(InputError);
    expect(() => valueAt(late, 7, 9)).toThrow(/"late" gave Infinity at step 7 of 9/);
    expect(() => custom('text', (() => '1') as unknown as ScheduleFunction)).toThrow(/gave "1"/);
  });

  test('are probed at 17 steps, first and last included', () => {
    expect(probeOf(custom('step', (step) => step), 32)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32]);
    expect(probeOf(0.5, 0)).toEqual(Array.from({ length: 17 }, () => 0.5));
  });
});

const loose = <T>(value: unknown): T => value as T;

describe('what is refused', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['a step decay that has neither form', () => stepDecay(1, loose({})), /stepDecay: give either every or milestones/],
    ['a step decay without options', () => stepDecay(1, loose(undefined)), /stepDecay takes an object with factor, every, milestones as its second argument, got undefined/],
    ['a step decay of both forms', () => stepDecay(1, loose({ every: 1, milestones: [1] })), /every or milestones/],
    ['a growing step decay', () => stepDecay(1, { factor: 2, every: 1 }), /factor must be in \(0, 1\].*got 2/],
    ['a factor of 0', () => stepDecay(1, { factor: 0, milestones: [1] }), /factor.*above 0, got 0/],
    ['a decay every 0 steps', () => stepDecay(1, { every: 0 }), /every.*1 or more, got 0/],
    ['no milestones', () => stepDecay(1, { milestones: [] }), /milestones.*got \[\]/],
    ['a milestone at step 0', () => stepDecay(1, { milestones: [0, 1] }), /milestones/],
    ['a milestone twice', () => stepDecay(1, { milestones: [3, 3] }), /milestones/],
    ['a hole among the milestones', () => stepDecay(1, { milestones: loose([1, , 3]) }), /milestones/], // eslint-disable-line no-sparse-arrays
    ['milestones in text', () => stepDecay(1, { milestones: loose('12') }), /milestones.*got "12"/],
    ['milestones to infinity', () => stepDecay(1, { factor: 1e300, milestones: [1, 2] }), /after the last milestone the value is Infinity: it must be finite/],
    ['what f32 takes for nothing', () => cosine(1, { final: 1e-300 }), /final must be finite: .* got 1e-300/],
    ['what f32 takes for infinite', () => warmUp(0.1, { steps: 3, initial: 1e39 }), /initial must be finite: .* got 1e\+39/],
    ['a fall to nothing', () => exponential(0.1, { factor: 1e-300 }), /after the first fall the value is 1e-301/],
    ['falls to nothing', () => stepDecay(0.1, { factor: 0.01, milestones: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20] }), /after the last milestone the value is/],
    ['an end that is nothing', () => oneCycle(0.1, { finalDivFactor: 1e300 }), /at the last step the value is/],
    ['a reduction to nothing', () => plateau(0.1, { factor: 1e-300 }), /after a reduction the value is 1e-301/],
    ['an initial NaN', () => exponential(NaN, { factor: 0.5 }), /exponential: initial must be finite: .*, got NaN/],
    ['no factor', () => exponential(1, loose({})), /factor.*got undefined/],
    ['a growing exponential', () => exponential(1, { factor: 1.01 }), /factor/],
    ['half a step', () => exponential(1, { factor: 0.5, every: 0.5 }), /every/],
    ['an infinite end', () => polynomial(1, { final: Infinity }), /polynomial: final.*got Infinity/],
    ['a power of 0', () => polynomial(1, { power: 0 }), /power/],
    ['a polynomial of no steps', () => polynomial(1, { steps: 0 }), /steps/],
    ['a cosine from text', () => cosine(loose('1')), /cosine: initial must be finite: .*, got "1"/],
    ['restarts without a period', () => cosine(1, { restarts: loose({}) }), /restarts.*firstPeriod/],
    ['restarts that are null', () => cosine(1, { restarts: loose(null) }), /restarts/],
    ['restarts after half a step', () => cosine(1, { restarts: { firstPeriod: 0.5 } }), /restarts/],
    ['shrinking periods', () => cosine(1, { restarts: { firstPeriod: 4, periodFactor: 0 } }), /restarts/],
    ['a peak of NaN', () => oneCycle(NaN), /oneCycle: maximum/],
    ['a start above the peak', () => oneCycle(1, { divFactor: 0.5 }), /divFactor.*1 or more/],
    ['an end above the start', () => oneCycle(1, { finalDivFactor: 0 }), /finalDivFactor/],
    ['more than all of it warm', () => oneCycle(1, { warmFraction: 1.1 }), /warmFraction must be in \[0, 1\], got 1.1/],
    ['a negative plateau', () => plateau(-1), /plateau: initial/],
    ['a plateau that does not fall', () => plateau(1, { factor: 1 }), /factor/],
    ['a minimum above the start', () => plateau(1, { minimum: 2 }), /minimum 2 is above initial 1/],
    ['negative patience', () => plateau(1, { patience: -1 }), /patience/],
    ['half an epoch of cooldown', () => plateau(1, { cooldown: 0.5 }), /cooldown/],
    ['a threshold of 1', () => plateau(1, { threshold: 1 }), /threshold/],
    ['another monitor', () => plateau(1, { monitor: loose('time') }), /monitor.*'loss' or 'accuracy', got "time"/],
    ['a function without a name', () => custom('', () => 1), /custom: name/],
    ['a name without a function', () => custom('x', loose(3)), /value must be a function.*got 3/],
    ['a warm-up of no steps', () => warmUp(1, { steps: 0 }), /warmUp: steps/],
    ['a warm-up without options', () => warmUp(1, loose(undefined)), /warmUp takes an object with steps, initial as its second argument, got undefined/],
    ['a warm-up whose options stand first', () => warmUp(loose({ steps: 1 }), loose(undefined)), /as its second argument/],
    ['a warm-up from NaN', () => warmUp(1, { steps: 1, initial: NaN }), /initial/],
    ['a warm-up to infinity', () => warmUp(Infinity, { steps: 1 }), /inner.*got Infinity/],
    ['a warm-up of a warm-up', () => warmUp(loose(warmUp(1, { steps: 1 })), { steps: 1 }), /no warm-up itself/],
    ['a warm-up of a broken schedule', () => warmUp(loose({ schedule: 'cosine' }), { steps: 1 }), /inner/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(InputError);
    expect(make).toThrow(message);
  });

  const circle: Record<string, unknown> = { schedule: 'warmUp', steps: 1, initial: 0 };
  circle.inner = circle;
  test.each<[unknown]>([
    [null], [undefined], ['0.1'], [true], [[]], [[1]], [{}], [() => 1], [{ schedule: 'cosine' }], [{ schedule: 'toString' }], [{ schedule: '__proto__' }],
    [{ schedule: ['cosine'], initial: 1, final: 0 }], [{ schedule: 'cosine', initial: null, final: 0 }],
    [{ schedule: 'cosine', initial: 1, final: 0, restart: {} }], [{ schedule: 'cosine', initial: 1, final: 0, restarts: { firstPeriod: 1 } }],
    [{ schedule: 'stepDecay', initial: 1, factor: 0.5, every: '3' }], [{ schedule: 'stepDecay', initial: 1, factor: 0.5, milestones: { length: 1 } }],
    [{ schedule: 'stepDecay', initial: 1, factor: 0.5, milestones: [1n, 2] }], [{ schedule: 'function', name: 'x' }],
    [{ schedule: 'plateau', initial: 1 }], [Object.create({ schedule: 'cosine', initial: 1, final: 0 })], [circle],
  ])('%o is no schedule', (value) => expect(isSchedule(value)).toBe(false));

  test('any number is a schedule: the hyperparameter knows which ones it allows', () => {
    expect([0, -1, NaN, Infinity].map(isSchedule)).toEqual([true, true, true, true]);
  });

  test('every value has a text', () => {
    expect([NaN, -Infinity, 1n, undefined, null, 'a', circle, { a: 1 }].map(textOf)).toEqual(
      ['NaN', '-Infinity', '1n', 'undefined', 'null', '"a"', 'object', '{"a":1}']);
  });
});
