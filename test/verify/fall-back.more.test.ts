/** More of what may be broken before a training, one family of tiles and one fusion after the other, and all of them. */
import { expect, test } from 'vitest';
import { fitAll, smallConfig, tensorBits, withTrainer } from '../cases/network/support.ts';
import { PLANS } from '../faults/plans.ts';
import { data, errorOf, isProduct, useBench, type Broken } from './bench.ts';

const { device, faulty, fallsBack } = useBench();

const BROKEN: Readonly<Record<string, Broken>> = {
  'workgroup memory': {
    config: PLANS['tiles of GPUs, unfused']!, isBroken: (site) => isProduct(site) && site.code.includes('var<workgroup> memory'), instead: { fusion: 'none', tiles: { forward: { narrow: { rowBlocks: 1 } } } },
  },
  'a fused update': { config: () => smallConfig({ verify: 'once' }), isBroken: ({ kernel }) => kernel === 'dense-weight-update', instead: { fusion: 'none' } },
};

test.each(Object.entries(BROKEN))('%s', (_, broken) => fallsBack(broken));

test('what is wrong in every family is refused, and the trainer is as it was', async () => {
  await withTrainer(device(), PLANS['unfused']!(), async (trainer) => {
    const { config } = trainer, bits = await tensorBits(trainer), fit = (): Promise<unknown> => fitAll(trainer, data, { epochs: 1 });
    faulty().inject(isProduct, () => {});
    expect(await errorOf(fit())).toMatchObject({ code: 'wrong-result', report: { ok: false, wrong: [{ kernel: 'dense-forward' }] } });
    expect(trainer).toMatchObject({ fallback: undefined, config, step: 0 });
    expect(await tensorBits(trainer)).toEqual(bits);
    faulty().heal();
    await fit();
    expect(trainer.fallback).toBeUndefined();
  });
});
