/** Where one family of tiles computes wrongly training goes on with another, as if it had begun with that. */
import { expect, test } from 'vitest';
import { Trainer } from '../../src/train/trainer.ts';
import { fitAll, tensorBits, withTrainer } from '../cases/network/support.ts';
import { PLANS } from '../faults/plans.ts';
import { data, errorOf, isProduct, useBench, type Broken } from './bench.ts';

const { device, faulty, fallsBack } = useBench();

const quads: Broken = {
  config: PLANS['fused by layers']!, isBroken: (site) => isProduct(site) && site.code.includes('quadBroadcast('),
  instead: { fusion: 'layer', tiles: { forward: { wide: { family: 'direct' } } } },
};

test('broken subgroups', () => fallsBack(quads));

test('what no tile changes is refused, and the trainer is as it was', async () => {
  await withTrainer(device(), PLANS['unfused']!(), async (trainer) => {
    const { config } = trainer, bits = await tensorBits(trainer), memory = trainer.memory();
    faulty().inject(({ kernel }) => kernel === 'gather', () => {});
    const error = await errorOf(fitAll(trainer, data, { epochs: 1 }));
    expect(error).toMatchObject({ code: 'wrong-result', report: { ok: false, wrong: [{ kernel: 'gather' }] } });
    expect(trainer).toMatchObject({ fallback: undefined, config, step: 0 });
    expect(await tensorBits(trainer)).toEqual(bits);
    expect(trainer.memory().parameters).toBe(memory.parameters);
  });
});

test('what goes wrong after some training falls back on nothing', async () => {
  await withTrainer(device(), quads.config(), async (trainer) => {
    await fitAll(trainer, data, { epochs: 1, horizon: 2 });
    faulty().inject(quads.isBroken, () => {});
    expect(await errorOf(fitAll(trainer, data, { epochs: 2 }))).toMatchObject({ code: 'wrong-result' });
  });
});

test('a trainer that is destroyed meanwhile leaves nothing', async () => {
  const trainer = await Trainer.create(device(), quads.config());
  faulty().inject(isProduct, () => { setTimeout(() => trainer.destroy(), 300); });
  await expect(fitAll(trainer, data, { epochs: 1 })).rejects.toThrow();
  trainer.destroy();
});
