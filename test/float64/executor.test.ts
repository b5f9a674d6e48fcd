/** The float64 executor as an executor: buffers, words and floats, precision, reading, and what it refuses. */
import type { SampleLosses } from '../../src/train/totals.ts';
import { describe, expect, test } from 'vitest';
import { GradshaderError, InputError } from '../../src/errors.ts';
import { Float64Executor } from '../../src/float64/executor.ts';
import { unpadTensor } from '../../src/model/arena.ts';
import { adam } from '../../src/model/optimizers/index.ts';
import { referenceForward, softmaxCrossEntropy } from '../../src/reference/index.ts';
import type { BufferSpec } from '../../src/scheduler/buffers.ts';
import { expectClose } from '../cases/compare.ts';
import { referenceNetwork } from '../cases/network/gradients.ts';
import { SMALL_BATCH, STEPS_PER_EPOCH, validationData } from '../cases/network/support.ts';
import { float64Engine, tensorsOf, train } from './support.ts';

const made = (...buffers: BufferSpec[]): Float64Executor => new Float64Executor({ owner: 'test', buffers, rowBytes: 300, capacity: 3, readBytes: 64 });
const buffer = (name: string, bytes = 16): BufferSpec => ({ name, bytes, category: 'data' });

describe('buffers', () => {
  test('hold bytes as a GPU would, and unrounded floats once they are asked for', async () => {
    const executor = made(buffer('a'), { ...buffer('b'), contents: Uint32Array.of(1, 2, 3, 4) });
    expect(executor.rowStride).toBe(512);
    expect(new Uint32Array(await executor.read({ buffer: 'b', offset: 4, bytes: 8 }))).toEqual(Uint32Array.of(2, 3));
    executor.write('a', Float32Array.of(0.5, 0.25), 8);
    expect(executor.values('a')).toEqual(Float64Array.of(0, 0, 0.5, 0.25));
    executor.values('a')[0] = 0.1;
    executor.copy([{ from: 'a', to: 'b', offset: 0, target: 8, bytes: 8 }]);
    expect(executor.values('b')[2]).toBe(0.1);
    expect(new Float32Array(await executor.read({ buffer: 'b', offset: 8, bytes: 4 }))).toEqual(Float32Array.of(0.1));
    executor.write('a', new Uint8Array(Float32Array.of(3).buffer), 4);
    expect(executor.values('a')).toEqual(Float64Array.of(0.1, 3, 0.5, 0.25));
  });

  test('come and go, and are counted', async () => {
    const executor = made(buffer('a', 0));
    await executor.addBuffers([{ ...buffer('b', 32), category: 'state' }]);
    expect(executor.memory()).toEqual({ data: 16, state: 32, total: 48 });
    executor.removeBuffers(['a']);
    expect([executor.has('a'), executor.has('b')]).toEqual([false, true]);
    expect(() => executor.values('a')).toThrow(InputError);
  });

  test('are gone when it is destroyed, which is said', () => {
    const executor = made(buffer('a'));
    executor.destroy();
    executor.destroy();
    expect(() => executor.write('a', Uint32Array.of(1))).toThrow(new GradshaderError('destroyed', 'This test was destroyed. Create a new one.'));
  });
});

test('with float32 precision every stored float is one of f32, and the results are close to those of float64', async () => {
  const changes = { optimizer: adam({ learningRate: 0.01 }), fusion: 'full' } as const;
  const [exact, rounded] = [await float64Engine(changes), await float64Engine(changes)];
  rounded.executor.precision = 'float32';
  for (const one of [exact, rounded]) await train(one, STEPS_PER_EPOCH);
  const isRounded = (x: number): boolean => Object.is(x, Math.fround(x));
  for (const name of ['parameters', 'state', 'samples']) {
    expect(rounded.executor.values(name).every(isRounded), name).toBe(true);
    expect(exact.executor.values(name).every(isRounded), name).toBe(false);
  }
  const want = tensorsOf(exact, 'parameters', 0);
  tensorsOf(rounded, 'parameters', 0).forEach((got, i) => expectClose(`tensor ${i}`, got, want[i]!, 1e-4, 1e-5));
});

test('evaluation gives the losses of the reference network without dropout', async () => {
  const { engine } = await float64Engine({}), { network } = engine.build, data = validationData();
  const resident = await engine.residents.attach(data, 'current');
  const [{ losses: samples }] = await engine.evaluate(resident, { first: 1, count: 1 }).collect() as [SampleLosses];
  const arena = new Float32Array(await engine.program.read({ buffer: 'parameters', offset: 0, bytes: 4 * network.stride }));
  const order = Array.from({ length: data.length }, (_, i) => i), place = { position: SMALL_BATCH, count: SMALL_BATCH, batch: SMALL_BATCH };
  const weights = network.tensors.map((tensor) => unpadTensor(tensor, arena));
  const { logits } = referenceForward(weights, { ...data, ...place, order }, referenceNetwork(network, 0));
  const targets = data.targets.subarray(SMALL_BATCH, 2 * SMALL_BATCH), classes = network.outputs;
  const { losses, hits } = softmaxCrossEntropy({ logits, targets, batch: SMALL_BATCH, count: SMALL_BATCH, classes });
  expectClose('samples', samples!, losses.map((loss, i) => (hits[i] === 1 ? loss : -loss)), 1e-6, 0);
});
