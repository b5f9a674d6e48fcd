/** Marks tell what a GPU never wrote. The caller's own bytes may be the same: they accuse nobody. */
import { describe, expect, test } from 'vitest';
import { dataset, type ClassDataset } from '../../src/data/dataset.ts';
import { openDevice } from '../../src/device/index.ts';
import { NonFiniteError } from '../../src/errors.ts';
import { POISON } from '../../src/scheduler/results.ts';
import { Program } from '../../src/webgpu/program.ts';
import { fitAll, smallConfig, smallData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const OTHER = ~POISON >>> 0;

/** Bytes that hold these words, one behind the other, from a place on. */
function bytesWith(at: number, words: readonly number[]): ClassDataset {
  const { inputs, targets } = smallData(45, { width: 12 }), bytes = (inputs as Uint8Array).slice();
  new Uint32Array(bytes.buffer).set(words, at);
  return dataset({ inputs: bytes, targets, shape: [12], classes: 5 });
}

test('a network is tested, trained and tested again on bytes that are the marks', async () => {
  for (const [at, words] of [[0, [POISON]], [7, [OTHER, POISON, POISON, OTHER]], [134, [POISON]]] as const) {
    const { model: { layers } } = smallConfig(), data = bytesWith(at, words);
    await withTrainer(device(), smallConfig({ verify: 'once', model: { inputShape: [12], layers } }), async (trainer) => {
      expect(await fitAll(trainer, data, { epochs: 2, validation: data })).toHaveLength(2);
      expect((await trainer.verify(data)).ok).toBe(true);
      expect(trainer.fallback).toBeUndefined();
    });
  }
});

/** Floats with a NaN of these bits. */
function floatsWith(word: number): ClassDataset {
  const { inputs, targets } = smallData(45), values = Float32Array.from(inputs, (byte) => byte / 255);
  new Uint32Array(values.buffer)[20] = word;
  return dataset({ inputs: values, targets, shape: [13], classes: 5 });
}

// Its payload may come through every product to the losses that are read.
test.each([POISON, POISON ^ 0x80000000, POISON ^ 0x400000])('a NaN in the data with the bits of the marks is a NaN like any other: %i', async (word) => {
  await withTrainer(device(), smallConfig(), async (trainer) => {
    expect(await trainer.evaluate(floatsWith(word))).toMatchObject({ loss: NaN });
    await expect(fitAll(trainer, floatsWith(word), { epochs: 1 })).rejects.toThrow(NonFiniteError);
  });
});

describe('what is read', () => {
  const CONTENTS = { plain: [1, 2, 3, 4], marked: [1, POISON, OTHER, POISON] };

  /** Reads two ranges while some copies of the second are lost. */
  async function read(contents: readonly number[], isLost: (copies: number) => boolean): Promise<number[]> {
    let copies = 0;
    const gpu = device().gpu, createCommandEncoder = (descriptor: GPUCommandEncoderDescriptor): GPUCommandEncoder => {
      const encoder = gpu.createCommandEncoder(descriptor), { copyBufferToBuffer } = encoder;
      encoder.copyBufferToBuffer = ((...args: Parameters<typeof copyBufferToBuffer>) => {
        if ((args[0] as GPUBuffer).label === 'second' && isLost(++copies)) return;
        copyBufferToBuffer.apply(encoder, args);
      }) as typeof copyBufferToBuffer;
      return encoder;
    };
    const lossy = await openDevice({ device: new Proxy(gpu, {
      get: (_, name) => { const own: unknown = name === 'createCommandEncoder' ? createCommandEncoder : Reflect.get(gpu, name, gpu); return typeof own === 'function' ? own.bind(gpu) : own; },
    }) });
    const buffers = ['first', 'second'].map((name) => ({ name, bytes: 16, category: 'data' as const, contents: Uint32Array.from(contents) }));
    const program = await Program.create(lossy, { owner: 'test', buffers, rowBytes: 4, capacity: 1, readBytes: 16 });
    try {
      return (await program.readAll(buffers.map(({ name }) => ({ buffer: name, offset: 0, bytes: 16 })))).flatMap((one) => [...new Uint32Array(one)]);
    } finally {
      program.destroy();
    }
  }

  test.each(Object.entries(CONTENTS))('is what lies there: %s', async (_, contents) => {
    expect(await read(contents, () => false)).toEqual([...contents, ...contents]);
  });

  test.each(Object.entries(CONTENTS))('is refused where it was never copied, whatever lies there: %s', async (_, contents) => {
    await expect(read(contents, () => true)).rejects.toMatchObject({ code: 'unwritten', message: expect.stringMatching(/^The GPU never copied all of bytes 0 to 15 of second/) });
  });

  test('is refused where the second copy is lost, and right where the first is and the second shows what lies there', async () => {
    await expect(read(CONTENTS.marked, (copies) => copies === 2)).rejects.toMatchObject({ code: 'unwritten' });
    expect(await read(CONTENTS.plain, (copies) => copies === 1)).toEqual([...CONTENTS.plain, ...CONTENTS.plain]);
  });
});
