/** What normalize makes, and what it refuses. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { checkNormalize, normalize, type NormalizeOptions } from '../../src/model/normalize-maker.ts';
import { planOf } from '../../src/train/estimate.ts';
import { smallConfig } from '../cases/network/support.ts';

test.each<readonly [NormalizeOptions | undefined, object]>([
  [undefined, { kind: 'standard', per: 'feature' }], [{ per: 'all' }, { kind: 'standard', per: 'all' }], [{ kind: 'minMax' }, { kind: 'minMax', per: 'feature' }],
  [{ mean: 1, deviation: 2 }, { kind: 'standard', per: 'all', mean: 1, deviation: 2 }],
  [{ mean: Float32Array.of(1, 0.5), deviation: [2, 3] }, { kind: 'standard', per: 'feature', mean: [1, 0.5], deviation: [2, 3] }],
  [{ minimum: 0, maximum: 255 }, { kind: 'minMax', per: 'all', minimum: 0, maximum: 255 }], [{ minimum: [1, 2], maximum: [1, 3] }, { kind: 'minMax', per: 'feature', minimum: [1, 2], maximum: [1, 3] }],
])('%j', (options, made) => expect(normalize(options)).toEqual(made));

describe('refusals', () => {
  test.each<readonly [unknown, RegExp]>([
    [{ mean: 1 }, /deviation must be with per: 'all' a number that f32 holds/], [{ deviation: [1] }, /mean must be .* got undefined/], [{ mean: 1, deviation: [1] }, /deviation must be with per: 'all'/],
    [{ mean: [1, 2], deviation: [1] }, /mean has 2 values, deviation 1/], [{ mean: 1, deviation: 0 }, /deviation must be above 0, got 0\. Of a feature/], [{ mean: [1, 1], deviation: [1, -2] }, /deviation\[1\] must be above 0, got -2/],
    [{ mean: NaN, deviation: 1 }, /mean must be .* got NaN/], [{ mean: [], deviation: [] }, /mean must be/], [{ mean: 1e39, deviation: 1 }, /mean must be/],
    [{ minimum: 2, maximum: 1 }, /maximum must be at least the minimum, 2, got 1/], [{ minimum: [0, 2], maximum: [1, 1] }, /maximum\[1\] must be at least the minimum, 2, got 1/],
    [{ kind: 'minMax', mean: 1, deviation: 1 }, /mean does not go with kind 'minMax', whose numbers are minimum and maximum/], [{ mean: 1, deviation: 1, maximum: 2 }, /does not go with kind/],
    [{ kind: 'robust' }, /kind must be/], [{ per: 'sample' }, /per must be/], [{ per: 'all', mean: [1], deviation: [1] }, /mean must be with per: 'all'/], [{ means: 1 }, /no option "means"/], [3, /takes an object/],
  ])('%j', (options, says) => {
    expect(() => normalize(options as NormalizeOptions)).toThrow(says);
    expect(() => normalize(options as NormalizeOptions)).toThrow(InputError);
  });

  test.each<readonly [unknown, RegExp]>([
    ['standard', /must be made by normalize\(\.\.\.\), got "standard"/], [{}, /must be made by normalize/], [true, /must be made by normalize/], [normalize({ mean: [1, 2], deviation: [1, 1] }), /mean has 2 values, the model takes 13/],
    [{ kind: 'standard', per: 'feature', mean: Array(13).fill(0), deviation: Array(13).fill(0) }, /deviation\[0\] must be above 0/],
  ])('in a configuration: %j', (given, says) => {
    expect(() => planOf(smallConfig({ normalize: given as ReturnType<typeof normalize> }), 'software')).toThrow(says);
    expect(() => checkNormalize(given as ReturnType<typeof normalize>, { inputShape: [13] })).toThrow(InputError);
  });
});
