import { describe, expect, test } from 'vitest';
import { adagrad, adam, adamax, amsgrad, ftrl, lamb, rmsprop, sgd } from '../../src/model/optimizers/index.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { SelfTest } from '../../src/train/verify/steps.ts';
import { verifyEngine } from '../../src/train/verify/verify.ts';
import { smallConfig, trainingData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from '../train/device.ts';
import { FAULTS, faultyEngine } from './faulty.ts';
import { passesAt, scaledData, SCALES } from './scales.ts';

const device = useDevice();

const CONFIGS: Readonly<Record<string, Partial<TrainerConfig>>> = {
  'sgd, by layer': { optimizer: sgd({ learningRate: 0.1 }) }, 'momentum, fused': { fusion: 'full' },
  // Their sums of squares are infinite in f32, not in float64.
  'adagrad, apart': { fusion: 'none', optimizer: adagrad({ learningRate: 0.01 }) }, 'ftrl, by layer': { optimizer: ftrl({ learningRate: 0.1 }) },
};

describe.each(Object.entries(CONFIGS))('%s', (_, changes) => {
  test.each(SCALES)('a right adapter passes with data times %d', (scale) => passesAt(device(), scale, changes));
});

/** Where WGSL promises no division, where squares vanish, where a quotient by the least of them overflows. */
const ENDS: readonly (readonly [what: string, changes: Partial<TrainerConfig>])[] = [
  ...[2 ** -126, 1e37, 1e38].flatMap((epsilon) => ([
    [`adam, ${epsilon}`, { optimizer: adam({ epsilon }) }], [`amsgrad, ${epsilon}`, { optimizer: amsgrad({ epsilon }) }], [`rmsprop, ${epsilon}`, { optimizer: rmsprop({ learningRate: 0.1, epsilon }) }],
    [`lamb, ${epsilon}`, { optimizer: lamb({ epsilon }) }], [`adamax, ${epsilon}`, { optimizer: adamax({ epsilon, beta2: 0 }), onNonFinite: 'skip' }],
  ] as const)),
  ['ftrl', { optimizer: ftrl({ learningRate: 0.1, beta: 3e38 }) }], ['epsilonRoot', { optimizer: adam({ epsilonRoot: 3e38 }) }],
];

test.each(ENDS)('a right adapter passes with numbers of an optimizer at the ends of f32: %s', async (_, changes) => {
  await withTrainer(device(), smallConfig({ fusion: 'none', ...changes }), async (trainer) => expect((await trainer.verify(trainingData())).wrong).toEqual([]));
});

test('a wrong kernel is named whatever the size of the data', async () => {
  for (const kernel of ['gather', 'dense-forward', 'softmax-cross-entropy', 'dense-input-gradient', 'dense-weight-gradient']) {
    const { engine, executor } = await faultyEngine(smallConfig({ fusion: 'none' }));
    const resident = await engine.residents.attach(scaledData('u8', 1e19), 'train');
    executor.faulty = { fault: FAULTS['four results zeroed']!, hits: (dispatch) => dispatch.kernel === kernel };
    expect((await verifyEngine(new SelfTest(engine, { residents: [resident], trains: true }))).wrong[0]?.kernel).toBe(kernel);
  }
});
