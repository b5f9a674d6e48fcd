/**
 * The self-test before a training: whole where nothing is known of this device and these plans, else only run again, which must
 * give the bits that were right then. At each epoch's end it is run again.
 */

import type { Device } from '../../device/index.ts';
import { WrongResultError } from '../../errors.ts';
import { wgslOf } from '../../webgpu/wgsl.ts';
import type { Engine } from '../engine.ts';
import type { Resident } from '../residents.ts';
import { defaultStore, deviceKey, type Store } from '../store.ts';
import { replay, selfTestOf, stepsOf, type SelfTest } from './run.ts';

/** What is kept of a test that found nothing wrong. */
interface VerifyRecord {
  /** For people: network and adapter. */
  readonly about: string;
  readonly digest: string;
}

/** Of all that the bits depend on: the device, every dispatch, and the numbers that they are given. */
function keyOf(test: SelfTest, device: Device): Promise<string> {
  const { rows, contents: { counts } } = test, texts = stepsOf(test).flatMap(({ loaded: { plan } }) => plan.dispatches.map((dispatch) => [dispatch.grid, dispatch.shape, wgslOf(dispatch)]));
  return deviceKey(device, JSON.stringify([counts, rows.train.map((row) => [...row]), texts]));
}

/** A store that never throws: without one the test is made again. */
async function attempt<T>(work: () => T): Promise<Awaited<T> | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}

/** Run at the end of each epoch. @throws WrongResultError */
export type Canary = () => Promise<void>;

/** The whole test. @returns what its replays give @throws WrongResultError */
async function testWhole(test: SelfTest, device: Device, before: string): Promise<VerifyRecord> {
  const { reportOf, verifyEngine } = await import('./verify.ts'), start = performance.now();
  const verified = await verifyEngine(test), report = reportOf(test, device, verified, performance.now() - start);
  if (!report.ok) {
    const { kernel, label, where, wanted, got } = report.wrong[0]!;
    throw new WrongResultError(`${before}This GPU computes wrongly: ${kernel} (${label}) gives ${got} in ${where} where ${wanted} is right.`, report);
  }
  return { about: `${report.about}, ${report.adapter}`, digest: verified.digest };
}

/**
 * @param residents what is trained on, then what is evaluated besides; their plans are loaded
 * @throws WrongResultError before any training
 */
export async function verifyOnce(engine: Engine, device: Device, residents: readonly Resident[], given?: Store<VerifyRecord>): Promise<Canary> {
  const test = selfTestOf(engine, residents), key = await keyOf(test, device);
  const store = given ?? await attempt(() => defaultStore<VerifyRecord>(device.host, 'verified'));
  const known = device.verified.get(key) ?? (await attempt(() => store?.get(key)))?.digest;
  let digest = known;
  // A driver may have changed without a word: what gives other bits than it did is looked at again.
  if (known === undefined || await replay(test) !== known) {
    const record = await testWhole(test, device, '');
    digest = record.digest;
    await attempt(() => store?.set(key, record));
  }
  device.verified.set(key, digest!);
  return async () => {
    if (await replay(test) === digest) return;
    device.verified.delete(key);
    const since = 'Steps that were right before this epoch now give other numbers. ';
    const { reportOf } = await import('./verify.ts');
    await testWhole(test, device, since);
    throw new WrongResultError(`${since}Looked at once more they are right: this GPU computes wrongly now and then.`, reportOf(test, device, { checked: [], wrong: [] }, 0));
  };
}
