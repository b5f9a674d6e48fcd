/** `optim.verify()` with every rule and what may stand around it: no device that computes right is accused; every kind of fault is seen, or changes nothing. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { clipByGlobalNorm, ema, groupLasso, l1, maxNorm, sgd, swa, type Averaging } from '../../src/index.ts';
import { RULE_NAMES, type RuleName } from '../../src/kernels/rule.ts';
import { optimizerOf } from '../cases/optim.ts';
import { isRefused, RULES, VARIANTS } from '../cases/rules.ts';
import { FaultyDevice } from '../faults/faulty-device.ts';
import { KINDS } from '../faults/kinds.ts';
import { numbers } from '../scheduler/models.ts';
import { useDevice } from '../train/device.ts';
import { AROUND, NAMES } from './left-out.ts';
import { subject } from './verify.ts';

const device = useDevice();
let faulty: FaultyDevice;
beforeAll(() => { faulty = new FaultyDevice(device().gpu); });
afterEach(() => faulty.heal());

const AVERAGES: readonly (Averaging | undefined)[] = [undefined, ema(0.9), swa({ start: 5 })];

describe('right is right', () => {
  test.each(RULE_NAMES)('%s', async (name) => {
    for (const [i, [around, make]] of Object.entries(AROUND).entries()) {
      const more = NAMES.includes(name) ? make(name) : (i === 0 ? {} : undefined);
      // Neighbours take turns: each rule meets half of what may stand around it.
      if (more === undefined || (i > 0 && (i + RULE_NAMES.indexOf(name)) % 2 === 1)) continue;
      const averaging = AVERAGES[(i + name.length) % AVERAGES.length], skip = NAMES.includes(name) && i % 4 > 1;
      const { optim, destroy } = await subject(faulty.gpu, optimizerOf(RULES[name], more), { ...(averaging && { averaging }), ...(skip && { onNonFinite: 'skip' }) });
      const { wrong } = await optim.verify();
      expect(wrong, `${name}, ${around}`).toEqual([]);
      await destroy();
    }
  });

  test.each(Object.entries(VARIANTS).filter(([, { optimizer, previousLearningRate }]) => previousLearningRate === undefined && !isRefused(optimizer as RuleName, {})))('%s', async (_, base) => {
    const { optim, destroy } = await subject(faulty.gpu, optimizerOf(base));
    expect((await optim.verify()).wrong).toEqual([]);
    await destroy();
  });

  test('a group lasso that comes later, two in flight; cumulative l1', async () => {
    for (const [regularizer, stepsInFlight] of [[groupLasso(0), 2], [l1(1e-4, { rule: 'cumulative' }), 64]] as const) {
      const { optim, destroy } = await subject(faulty.gpu, sgd({ learningRate: 0.1, regularizers: [regularizer] }), { stepsInFlight });
      expect((await optim.verify()).wrong).toEqual([]);
      await destroy();
    }
  });
});

test('every kind of fault on every kernel is named, or changes no bit of the test', async () => {
  const optimizer = sgd({ learningRate: 0.1, momentum: 0.9, clip: clipByGlobalNorm(1), regularizers: [l1(1e-4), maxNorm(2)] });
  const { optim, destroy } = await subject(faulty.gpu, optimizer, { onNonFinite: 'skip', averaging: ema(0.9) }), draw = numbers(5);
  faulty.sites.clear();
  await optim.verify();
  const sites = new Map(faulty.sites);
  const outcomes = new Map<string, boolean>();
  for (const site of [...sites.values()]) {
    for (const kind of KINDS) {
      const fault = kind.at(site, draw);
      if (fault === undefined) continue;
      faulty.inject(({ kernel, label }) => kernel === site.kernel && label === site.label, fault);
      const { ok, wrong } = await optim.verify();
      outcomes.set(`${site.label}: ${kind.name}`, ok);
      if (!ok && wrong[0]!.step >= 0 && kind.name !== 'swapped with the next') expect(wrong[0], kind.name).toMatchObject({ kernel: site.kernel, label: site.label });
    }
  }
  // Norms twice are the same norms, units within their bound stay; alone in a stage nothing is swapped; software has no race;
  // the first rows of a buffer lie before its views, or are another tensor's; an optim's rows have no slot of a submit, and a long pass
  // is the caller's: there a lost update refuses the next one, as updates are counted; lost norms are not seen.
  const unseen = [...outcomes].filter(([, ok]) => ok).map(([what]) => what);
  expect(unseen.filter((what) => !/doubled|swapped|stale input|no barriers|a row of zeros|of a submit|late in a pass/.test(what))).toEqual([]);
  expect(outcomes.size - unseen.length).toBeGreaterThan(20);
  await destroy();
});
