/** The self-test before a training and at each epoch's end: made once, run again, and what it does where something is wrong. */
import { expect, test } from 'vitest';
import type { Device } from '../../src/device/index.ts';
import { WrongResultError } from '../../src/errors.ts';
import type { VerifyReport } from '../../src/verify/report.ts';
import type { Verifying } from '../../src/train/events.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { verifyOnce, type Canary } from '../../src/train/verify/once.ts';
import { fitAll, smallConfig, tensorBits, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from '../train/device.ts';
import { FAULTS, faultyEngine } from './faulty.ts';

const device = useDevice();

type Kept = { readonly about: string; readonly digest: string };

/** A device that nothing is known of, for engines that compute elsewhere. */
const fresh = (): Device => Object.assign(Object.create(device()) as Device, { verified: new Map() });

async function setUp(changes: Partial<TrainerConfig> = {}) {
  const { engine, executor } = await faultyEngine(smallConfig(changes));
  const data = trainingData(), resident = await engine.residents.attach(data, 'train');
  await engine.residents.attach(data, 'current');
  const kept = new Map<string, Kept>();
  let submits = 0;
  const submit = executor.submit.bind(executor);
  executor.submit = (given) => { submits++; return submit(given); };
  const once = (on: Device): Promise<Canary> => verifyOnce(engine, on, { residents: [resident], trains: true }, { store: { get: (key) => kept.get(key), set: (key, record) => void kept.set(key, record) } });
  const counted = async (work: () => Promise<unknown>): Promise<number> => {
    submits = 0;
    await work();
    return submits;
  };
  return { engine, executor, kept, once, counted };
}

const errorOf = (promise: Promise<unknown>): Promise<WrongResultError> =>
  promise.then(() => { throw new Error('Nothing was thrown.'); }, (error: unknown) => error as WrongResultError);

test('it is made once per device, plan and store; what is known is only run again', async () => {
  const { kept, once, counted } = await setUp(), on = fresh();
  const whole = await counted(() => once(on)), again = await counted(() => once(on)), elsewhere = await counted(() => once(fresh()));
  expect(kept.size).toBe(1);
  // The training steps, late in one submit and early in two, the sums over their weights, and an evaluation.
  expect([again, elsewhere]).toEqual([5, 5]);
  expect(whole).toBeGreaterThan(15);
});

test('it is known whatever the length of submits', async () => {
  const { engine, kept, once, counted } = await setUp({ maxStepsPerSubmit: 64 });
  let longest = 0;
  Object.defineProperty(engine, 'longestSubmit', { get: () => longest });
  await once(fresh());
  for (longest of [17, 40]) expect(await counted(() => once(fresh()))).toBe(5);
  expect(kept.size).toBe(1);
});

test('bits that a driver changed are looked at, and taken where they are right', async () => {
  const { kept, once, counted } = await setUp();
  await once(fresh());
  const [[key, record]] = [...kept] as [[string, Kept]];
  kept.set(key, { ...record, digest: 'another' });
  expect(await counted(() => once(fresh()))).toBeGreaterThan(15);
  expect(kept.get(key)).toEqual(record);
});

test('a wrong kernel is refused before any training, by its name, with a report that can be sent', async () => {
  const { executor, kept, once } = await setUp();
  executor.faulty = { fault: FAULTS['four results zeroed']!, hits: ({ kernel }) => kernel === 'dense-input-gradient' };
  const error = await errorOf(once(fresh()));
  expect(error).toBeInstanceOf(WrongResultError);
  expect(error).toMatchObject({ code: 'wrong-result', message: expect.stringContaining('dense-input-gradient (layers.2 input gradient)') });
  const report = JSON.parse(JSON.stringify(error.report)) as VerifyReport;
  expect(report).toMatchObject({ ok: false, adapter: device().adapter.name, wrong: [{ kernel: 'dense-input-gradient', got: 0 }] });
  expect(kept.size).toBe(0);
});

test('what goes wrong later is seen at the epoch\'s end, every kernel of a step', async () => {
  for (const kernel of ['gather', 'dense-forward', 'softmax-cross-entropy', 'dense-input-gradient', 'dense-weight-update', 'parameter-sums', 'snapshot']) {
    for (const [name, fault] of Object.entries(FAULTS)) {
      const { executor, once } = await setUp(), canary = await once(fresh());
      await canary();
      executor.faulty = { fault, hits: (dispatch) => dispatch.kernel === kernel };
      expect(await errorOf(canary()), `${name} ${kernel}`).toMatchObject({ code: 'wrong-result', message: expect.stringContaining(kernel) });
    }
  }
});

test('a fault that is gone when it is looked for is no less one', async () => {
  const { executor, once } = await setUp(), canary = await once(fresh());
  let left = 1;
  executor.faulty = { fault: FAULTS['dropped']!, hits: ({ kernel }, count) => count > 1 && kernel === 'dense-weight-update' && left-- > 0 };
  expect((await errorOf(canary())).message).toMatch(/now and then/);
});

test('it is told as it goes on, and a signal ends it before anything was trained', async () => {
  const run = (onVerify: (event: Verifying) => void, signal?: AbortSignal) => withTrainer(device(), smallConfig({ verify: 'once' }), async (trainer) => {
    device().verified.clear();
    const before = await tensorBits(trainer);
    await fitAll(trainer, trainingData(), { epochs: 1, onVerify, ...(signal && { signal }) });
    return [trainer.step, before, await tensorBits(trainer)] as const;
  });
  process.env['XDG_CACHE_HOME'] = '/dev/null';
  const events: Verifying[] = [];
  expect((await run((event) => events.push(event)))[0]).toBeGreaterThan(0);
  expect(events[0]).toMatchObject({ done: 0 });
  expect(events.map(({ done }) => done)).toEqual(events.map(({ done }) => done).toSorted((a, b) => a - b));
  expect(events.at(-1)).toMatchObject({ done: 1 });
  expect(events.at(-1)).not.toHaveProperty('place'); // It could not be written.
  const controller = new AbortController(), seen: number[] = [];
  const [step, before, after] = await run(({ done }) => {
    seen.push(done);
    controller.abort();
  }, controller.signal);
  expect([step, seen]).toEqual([0, [0]]);
  expect(after).toEqual(before);
});

test('training with it is training without it', async () => {
  const data = trainingData(), validation = validationData();
  const run = (verify: 'once' | 'off') => withTrainer(device(), smallConfig({ verify }), async (trainer) =>
    [await fitAll(trainer, data, { epochs: 3, validation }), await tensorBits(trainer)]);
  expect(await run('once')).toEqual(await run('off'));
});
