/** With every optimizer and every penalty that squares something. */
import { describe, test } from 'vitest';
import { clipByGlobalNorm, clipByNorm } from '../../src/model/clip.ts';
import { adam, sgd } from '../../src/model/optimizers/index.ts';
import { groupLasso, l1, l2, maxNorm, orthogonal, unitNorm } from '../../src/model/regularizers.ts';
import { MAKERS, RULES } from '../model/support.ts';
import type { Optimizer } from '../../src/model/optimizers/index.ts';
import { useDevice } from '../train/device.ts';
import { passesAt } from './scales.ts';

const device = useDevice();
const rate = { learningRate: 0.1 };

const OPTIMIZERS: readonly (readonly [name: string, optimizer: Optimizer])[] = [
  ...RULES.map((rule) => [rule, MAKERS[rule]()] as const),
  ['clipped together', adam({ clip: clipByGlobalNorm(1) })], ['clipped apart', sgd({ ...rate, clip: clipByNorm(1) })],
  ...[maxNorm(2), unitNorm(), groupLasso(0.01), orthogonal(0.01), l1(0.01)].map((one) => [one.type, sgd({ ...rate, regularizers: [one] })] as const),
  ['l2 in adam', adam({ regularizers: [l1(0.01), l2(0.01)] })],
];

describe.each(OPTIMIZERS)('%s', (_, optimizer) => {
  test.each([1e19, -1e25, 3e38, 1e5, 1e-37])('a right adapter passes with data times %d', (scale) => passesAt(device(), scale, { fusion: 'none', optimizer }));
});
