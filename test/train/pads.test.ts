/** What pads a row stays zero, whatever f(0) is: else padded columns would feed padded weights, which then would train. */
import { describe, expect, test } from 'vitest';
import { ACTIVATIONS, knowAll } from '../../src/kernels/activations/all.ts';
import type { ActivationName } from '../../src/kernels/activations/index.ts';
import { stateSlots } from '../../src/kernels/rule.ts';
import { padTensor } from '../../src/model/arena.ts';
import { dense, type Layer } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { adam } from '../../src/model/optimizers/index.ts';
import { prepare } from '../../src/train/prepare.ts';
import { Engine } from '../../src/train/engine.ts';
import { programsOn } from '../../src/webgpu/program.ts';
import { smallConfig, smallData } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

knowAll(); // Models name them here.
const device = useDevice();
/** A wide layer takes seconds to compile: one fusion is enough for it. */
const RUNS = [...[1, 3, 5].flatMap((width) => (['none', 'layer', 'full'] as const).map((fusion) => ({ width, fusion }))), { width: 1001, fusion: 'layer' as const }];
const STEPS = 10;

/** Everything in one slot of one replica that belongs to no parameter. */
function padsOf({ build: { network } }: Engine, data: Float32Array, first: number): Float32Array {
  const slot = data.slice(first, first + network.stride);
  for (const tensor of network.tensors) padTensor(tensor, new Float32Array(tensor.length), slot);
  return slot;
}

const LAYERS: readonly Layer[] = [...(Object.keys(ACTIVATIONS) as ActivationName[]).map((type) => ({ type })), { type: 'prelu', per: 'unit' }];

describe.each(LAYERS.map((layer) => [Object.values(layer).join(' per '), layer] as const))('%s', (_, activation) => {
  test.each(RUNS)(
    'width $width, fusion $fusion: pads of weights and state are zero after ten steps, and weights have moved', async ({ width, fusion }) => {
      const model = sequential([7], [dense(width), activation, dense(width), activation, dense(5)]);
      const prepared = prepare(smallConfig({ model, optimizer: adam({ learningRate: 0.05 }), fusion, maxStepsPerSubmit: STEPS }), 'software');
      const engine = await Engine.create(programsOn(device()), prepared);
      try {
        const { network, rule } = engine.build, resident = await engine.residents.attach(smallData(80, { width: 7 }), 'train');
        engine.residents.shuffle(resident, 0);
        const before = new Float32Array(await engine.program.read({ buffer: 'parameters', offset: 0, bytes: 4 * network.stride }));
        await engine.train(resident, { first: 0, count: STEPS }, { step: 0, steps: STEPS, active: [true], reductions: [() => 0] }).collect();
        const slots = stateSlots(rule).length;
        const after = new Float32Array(await engine.program.read({ buffer: 'parameters', offset: 0, bytes: 4 * network.stride }));
        const state = new Float32Array(await engine.program.read({ buffer: 'state', offset: 0, bytes: 4 * slots * network.stride }));
        expect(padsOf(engine, after, 0).every((pad) => pad === 0)).toBe(true);
        for (let slot = 0; slot < slots; slot++) expect(padsOf(engine, state, slot * network.stride).every((pad) => pad === 0), `slot ${slot}`).toBe(true);
        expect(after.some((w, i) => w !== before[i])).toBe(true);
        expect(after.every(Number.isFinite)).toBe(true);
      } finally {
        engine.destroy();
      }
    });
});
