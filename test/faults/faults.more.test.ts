/** Every kind of fault on every kernel of several plans: none goes unseen. */
import { expect, test } from 'vitest';
import { useDevice } from '../train/device.ts';
import { Campaign, Choice, tableOf, tryAll, type Tried } from './campaign.ts';
import { KINDS } from './kinds.ts';
import { PLANS } from './plans.ts';

const device = useDevice();
const all: Tried[] = [], choice = new Choice();

test.each(Object.keys(PLANS))('%s', async (name) => {
  const campaign = await Campaign.open(device().gpu, name, PLANS[name]!());
  const tried = await tryAll(campaign, ['before', 'after'], 1, choice);
  all.push(...tried);
  expect(tried.filter(({ outcome }) => outcome === 'UNSEEN' || outcome === 'other')).toEqual([]);
}, 600_000);

test('every kind was met and seen, before and after the test ran', () => {
  console.log(tableOf(all));
  const of = (outcome: string): Tried[] => all.filter((one) => one.outcome === outcome);
  // Only an input that is stale from its second dispatch on may show in what an epoch's end makes once.
  expect(of('next canary').filter(({ kind }) => kind !== 'stale input')).toEqual([]);
  for (const { name } of KINDS) {
    for (const when of ['before', 'after']) {
      expect(all.filter((one) => one.kind === name && one.when === when && one.outcome !== 'nothing').length, `${name}, ${when}`).toBeGreaterThan(0);
    }
  }
});
