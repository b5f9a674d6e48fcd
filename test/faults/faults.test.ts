/** A few faults of every kind, from outside the library; all of them on all kernels are in faults.more.test.ts. */
import { expect, test } from 'vitest';
import { useDevice } from '../train/device.ts';
import { numbers } from '../scheduler/models.ts';
import { Campaign } from './campaign.ts';
import { KINDS } from './kinds.ts';
import { PLANS } from './plans.ts';

const device = useDevice();

test('a fault of every kind is seen, or changes no bit of what is reported and saved', async () => {
  const campaign = await Campaign.open(device().gpu, 'fused by layers', PLANS['fused by layers']!()), draw = numbers(7);
  const outcomes: string[] = [];
  for (const [i, kind] of KINDS.entries()) {
    const { sites } = campaign, tried = await campaign.try(sites[draw(0, sites.length - 1)]!, kind, i % 2 === 0 ? 'before' : 'after', draw(0, 1e6));
    if (tried === undefined) continue; // That kernel has no place for it.
    expect(tried.outcome, JSON.stringify(tried)).toMatch(/^(self-test|canary|unwritten|not finite|fell back|nothing)$/);
    outcomes.push(tried.outcome);
  }
  expect(outcomes.filter((outcome) => outcome !== 'nothing').length).toBeGreaterThan(5);
}, 300_000);
