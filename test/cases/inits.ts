/** How parameters begin: PyTorch's values in double precision, and the same bits in f32, on every host. No GPU is asked. */
import { sha256 } from '../../src/digest.ts';
import { knowAllInits } from '../../src/model/inits/all.ts';
import { initialValues, INIT_NAMES } from '../../src/model/inits/index.ts';
import type { InitName } from '../../src/model/inits/init.ts';
import { goldenInits } from '../golden/golden.ts';
import type { Case } from '../hosts/cases.ts';
import { expectClose, Mismatch } from './compare.ts';

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

/** As make-golden.py does: f32, little-endian, -0 as 0. */
function hashOf(values: Float64Array): Promise<string> {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((x, i) => bytes.setFloat32(4 * i, x + 0, true));
  return sha256(new Uint8Array(bytes.buffer));
}

async function check(one: (typeof goldenInits.cases)[number]): Promise<void> {
  const { init, inputs, outputs, bias } = one, shape = bias ? [outputs] : [inputs, outputs];
  const tensor = { shape, length: shape.reduce((a, b) => a * b), fanIn: inputs, fanOut: outputs };
  const values = initialValues(init, tensor, goldenInits.seed, goldenInits.stream + Number(bias));
  const label = `${JSON.stringify(init)} of ${shape}`;
  expectClose(`${label}, samples`, one.indices.map((i) => values[i]!), one.samples, 1e-10, 1e-13);
  expectClose(`${label}, sums`, [sum(values), sum(values.map((x) => x * x))], [one.sum, one.sumOfSquares], 1e-10, 1e-11);
  if (await hashOf(values) !== one.sha256) throw new Mismatch(`${label}: other bits in f32`);
}

const initCase = (type: InitName): Case => ({
  name: `inits: ${type}`,
  async run() {
    knowAllInits(); // They are named here.
    const own = goldenInits.cases.filter(({ init }) => init.type === type);
    if (own.length < 2) throw new Error(`${type} has ${own.length} golden cases.`);
    for (const one of own) await check(one);
  },
});

export const initCases: readonly Case[] = INIT_NAMES.map(initCase);
