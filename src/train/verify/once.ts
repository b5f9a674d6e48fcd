/**
 * The self-test before a training: whole where nothing is known of this device and these plans, else only run again, which must
 * give the bits that were right then. At each epoch's end, and where a fit ends in mid-epoch, it is run again.
 */

import { now } from '../../host.ts';
import { rowBytes } from '../../compile/buffers.ts';
import type { Build } from '../../compile/build.ts';
import type { Device } from '../../device/index.ts';
import { WrongResultError } from '../../errors.ts';
import { HEADER_FIELDS } from '../../kernels/row.ts';
import { wgslOf } from '../../webgpu/wgsl.ts';
import type { Engine } from '../engine.ts';
import type { FitOptions } from '../fit-options.ts';
import { defaultStore, deviceKey, type Store } from '../store.ts';
import type { Subject } from './contents.ts';
import { replay, stepsOf, type Onward } from './run.ts';
import { SelfTest } from './steps.ts';

/** What is kept of a test that found nothing wrong. */
interface VerifyRecord {
  /** For people: network and adapter. */
  readonly about: string;
  readonly digest: string;
}

const PLACES = (['position', 'order', 'slot'] as const).map((name) => HEADER_FIELDS.indexOf(name));

/** Rows without where their samples and results lie: no bit depends on that. */
function placeless(rows: Uint8Array<ArrayBuffer>, { replicas, ...build }: Build): number[] {
  const words = new Uint32Array(rows.slice().buffer), entry = rowBytes({ replicas, ...build }) / replicas / 4;
  for (let replica = 0; replica < replicas; replica++) PLACES.forEach((place) => { words[replica * entry + place] = 0; });
  return [...words];
}

/** Of all that the bits depend on: the device, every dispatch, and the numbers that they are given. */
function keyOf(test: SelfTest, device: Device): Promise<string> {
  const steps = stepsOf(test), texts = steps.map(({ loaded: { plan } }) => plan.dispatches.map((dispatch) => [dispatch.grid, dispatch.shape, wgslOf(dispatch)]));
  const drawn = test.contents.drawn.map(({ places }, i) => [places.length, test.subject.residents[i]!.data.classes, test.subject.residents[i]!.format.target]);
  return deviceKey(device, JSON.stringify([drawn, steps.map(({ rows }) => placeless(rows, test.engine.build)), texts]));
}

/** A store that never throws: without one the test is made again. */
async function attempt<T>(work: () => T): Promise<Awaited<T> | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}

/** Milliseconds. The longest submit takes as long as any: of short epochs one in so long a time has it. */
const LONG_EVERY = 1000;

/** Run at the end of each epoch, and of a fit. @throws WrongResultError; OutOfMemoryError with the `bytes` of a buffer that it cannot have: the trainer is as it was then */
export type Canary = () => Promise<void>;

/** Who waits for a test. */
export interface Waiter {
  readonly stopped?: () => boolean;
  readonly onVerify?: FitOptions['onVerify'];
}

/** Tests what is to be run; undefined where it was stopped. @throws WrongResultError */
export type Verify = (subject: Subject, waiter?: Waiter) => Promise<Canary | undefined>;

const thing = ({ adapter: { state } }: Device): string => (state === 'software' ? 'adapter, a program on the CPU,' : 'GPU');

/** Said where there was a test before. */
const UNTRUSTED = 'Nothing that was trained on it since the last test can be trusted.';

/** The whole test. @param isFirst none was made before @returns what its replays give @throws WrongResultError */
async function testWhole(test: SelfTest, device: Device, { isFirst, before = '', onward }: { isFirst: boolean; before?: string; onward?: Onward | undefined }): Promise<VerifyRecord> {
  const { reportOf, verifyEngine } = await import('./verify.ts'), start = now();
  const verified = await verifyEngine(test, onward), report = reportOf(test, device, verified, now() - start);
  if (!report.ok) {
    const { kernel, label, where, wanted, got } = report.wrong[0]!;
    throw new WrongResultError(`${before}This ${thing(device)} computes wrongly: ${kernel} (${label}) gives ${got} in ${where} where ${wanted} is right.${isFirst ? '' : ` ${UNTRUSTED}`}`, report);
  }
  return { about: `${report.about}, ${report.adapter}`, digest: verified.digest };
}

/**
 * @param onward called between the parts of the test; what it throws ends the test, and the trainer is as it was
 * @throws WrongResultError before anything else is run
 */
export async function verifyOnce(engine: Engine, device: Device, subject: Subject, { store: given, onward }: { store?: Store<VerifyRecord>; onward?: Onward } = {}): Promise<Canary> {
  const test = new SelfTest(engine, subject), key = await keyOf(test, device);
  const store = given ?? await attempt(() => defaultStore<VerifyRecord>(device.host, 'verified'));
  const known = device.verified.get(key) ?? (await attempt(() => store?.get(key)))?.digest;
  let digest = known;
  // A driver may have changed without a word: what gives other bits than it did is looked at again.
  if (known === undefined || await replay(test, { onward }) !== known) {
    const record = await testWhole(test, device, { isFirst: known === undefined, onward });
    digest = record.digest;
    const place = await attempt(async () => (await store?.set(key, record), store?.place));
    onward?.(1, place);
  }
  device.verified.set(key, digest!);
  let turn = 0, longAt = -Infinity;
  const canary = async (): Promise<void> => {
    test.isLong = now() - longAt >= LONG_EVERY;
    if (test.isLong) longAt = now();
    if (await replay(test, { turn: ++turn }) === digest) return;
    test.isLong = true;
    device.verified.delete(key);
    const since = 'Steps that were right before now give other numbers. ';
    const { reportOf } = await import('./verify.ts');
    await testWhole(test, device, { isFirst: false, before: since });
    throw new WrongResultError(`${since}Looked at once more they are right: this ${thing(device)} computes wrongly now and then. ${UNTRUSTED}`, reportOf(test, device, { checked: [], wrong: [] }, 0));
  };
  if (!subject.trains) for (const { loaded } of test.submits()) engine.verified.set(loaded, canary);
  return canary;
}

const STOPPED = Symbol();

/** Ends without a word where it is stopped: then nothing was found out. */
export async function verifyUnless({ stopped, onVerify }: Waiter, ...[engine, device, subject]: [Engine, Device, Subject]): Promise<Canary | undefined> {
  const start = now();
  const onward: Onward = (done, place) => {
    if (stopped?.() === true) throw STOPPED;
    if (done !== undefined) onVerify?.({ done, milliseconds: now() - start, ...(place !== undefined && { place }) });
  };
  try {
    return await verifyOnce(engine, device, subject, { onward });
  } catch (error) {
    if (error === STOPPED) return undefined;
    throw error;
  }
}
