/** What a GPU never wrote is an error, never a result. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openDevice, type Device } from '../../src/device/index.ts';
import { GradshaderError } from '../../src/errors.ts';
import { l2, orthogonal } from '../../src/model/regularizers.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { exponential } from '../../src/model/schedules/index.ts';
import { fitAll, smallConfig, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { FaultyDevice, type Fault } from '../faults/faulty-device.ts';
import { float64Engine } from '../float64/support.ts';
import { useDevice } from './device.ts';

const real = useDevice();
let faulty: FaultyDevice, device: Device;
beforeAll(async () => {
  faulty = new FaultyDevice(real().gpu);
  device = await openDevice({ device: faulty.gpu });
});
afterEach(() => {
  faulty.heal();
  faulty.isIdle = false;
});

const train = trainingData(), validation = validationData();

/** A dispatch that is left out. */
const dropped: Fault = () => {};

/** The first workgroup returns at once, as if it had never run. */
const withoutFirstGroup: Fault = ({ site, run }) => {
  const [start] = /fn main\([^{]*\{/.exec(site.code)!;
  const id = /@builtin\((workgroup_id|global_invocation_id)\) (\w+)/.exec(start)!;
  run({ code: site.code.replace(start, `${start} if (${id[2]}.x < ${id[1] === 'workgroup_id' ? 1 : 4}u) { return; }`) });
};

const refused = (work: Promise<unknown>, message: RegExp): Promise<void> =>
  expect(work).rejects.toMatchObject({ constructor: GradshaderError, code: 'unwritten', message: expect.stringMatching(message) });

describe.each(['none', 'layer', 'full'] as const)('with fusion %s', (fusion) => {
  const kernel = fusion === 'full' ? 'head' : 'softmax-cross-entropy';
  const config = smallConfig({ fusion });

  test('a loss that is never computed stops training: nothing is reported, and the trainer says why it cannot go on', async () => {
    await withTrainer(device, config, async (trainer) => {
      const seen: unknown[] = [];
      faulty.inject((site) => site.kernel === kernel && site.plan.startsWith('train'), dropped);
      await refused(fitAll(trainer, train, { epochs: 2, onProgress: (progress) => { seen.push(progress); } }),
        new RegExp(`never wrote a part of the samples of train on .* by kernel ${kernel} .*Update the graphics driver`));
      expect(faulty.hits).toBeGreaterThan(0);
      expect(seen).toEqual([]);
    });
  });

  test('one workgroup of it that is missing is noticed', async () => {
    await withTrainer(device, config, async (trainer) => {
      faulty.inject((site) => site.kernel === kernel, withoutFirstGroup);
      await refused(fitAll(trainer, train, { epochs: 1 }), /never wrote a part of the samples/);
    });
  });

  test('a loss that is left out in the middle of training is noticed where it is', async () => {
    await withTrainer(device, config, async (trainer) => {
      await fitAll(trainer, train, { epochs: 1 });
      let count = 0;
      faulty.inject((site) => site.kernel === kernel && ++count === 4, dropped);
      await refused(fitAll(trainer, train, { epochs: 3, horizon: 3 }), /never wrote a part of the samples/);
    });
  });
});

test('evaluation is refused while its loss is missing, and right again afterwards', async () => {
  await withTrainer(device, smallConfig(), async (trainer) => {
    const want = await trainer.evaluate(validation);
    faulty.inject((site) => site.plan.startsWith('evaluate') && site.kernel === 'softmax-cross-entropy', dropped);
    await refused(trainer.evaluate(validation), /never wrote a part of the samples of evaluate on/);
    faulty.heal();
    expect(await trainer.evaluate(validation)).toEqual(want);
  });
});

test('predictions are refused while one of their kernels is missing', async () => {
  await withTrainer(device, smallConfig(), async (trainer) => {
    const predict = async (logits: boolean): Promise<Float32Array> => (await trainer.predict(validation, { logits })) as Float32Array;
    const want = [await predict(false), await predict(true)];
    faulty.inject((site) => site.kernel === 'softmax', dropped);
    await refused(predict(false), /never wrote a part of the outputs of predict.* by kernel softmax/);
    expect(await predict(true)).toEqual(want[1]);
    faulty.inject((site) => site.plan.startsWith('predict') && site.label === 'layers.2 forward', dropped);
    await refused(predict(true), /never wrote a part of the outputs/);
    // What follows reads what was never written, and says so.
    expect([...await predict(false)].every(Number.isNaN)).toBe(true);
    faulty.heal();
    expect([await predict(false), await predict(true)]).toEqual(want);
  });
});

test('penalties are refused while what they are reported from is missing', async () => {
  const optimizer = sgd({ learningRate: 0.1, regularizers: [l2(1e-3), orthogonal(1e-3)] });
  for (const kernel of ['parameter-sums', 'gram']) {
    await withTrainer(device, smallConfig({ optimizer, fusion: 'none' }), async (trainer) => {
      faulty.inject((site) => site.kernel === kernel && !site.plan.startsWith('train'), dropped);
      await refused(fitAll(trainer, train, { epochs: 1 }), new RegExp(`never wrote a part of the pieces .* by kernel ${kernel}`));
    });
  }
});

test('a penalty that a schedule makes too small for f32 is none, and not missing', async () => {
  const optimizer = sgd({ learningRate: 0.1, regularizers: [orthogonal(exponential(1e-30, { factor: 1e-6 }))] });
  await withTrainer(device, smallConfig({ optimizer, fusion: 'none' }), async (trainer) => {
    const [epoch] = await fitAll(trainer, train, { epochs: 1 });
    expect(epoch!.penalty).toBe(0);
  });
});

test('a submit that never runs is noticed, whatever an earlier one left', async () => {
  await withTrainer(device, smallConfig(), async (trainer) => {
    for (let i = 0; i < 3; i++) await trainer.evaluate(validation);
    faulty.isIdle = true;
    await refused(trainer.evaluate(validation), /did not run what was submitted/);
    await refused(trainer.parameters(), /never copied all of bytes 0 to \d+ of parameters/);
  });
});

test('replicas that have stopped write nothing, and nobody misses it', async () => {
  const replicas = [{ learningRate: 0.1 }, { learningRate: 1e30 }];
  await withTrainer(device, smallConfig({ replicas, optimizer: sgd({ learningRate: 0.1 }) }), async (trainer) => {
    const history = await fitAll(trainer, train, { epochs: 3, validation });
    expect(history.at(-1)!.replicas.map(({ diverged }) => diverged !== undefined)).toEqual([false, true]);
  });
});

describe('copies of weights within the GPU that are never made', () => {
  let lost: RegExp | undefined;
  let losing: Device;
  beforeAll(async () => {
    const { gpu } = real(), passed = <T extends object>(target: T, own: Partial<T>): T => new Proxy(target, {
      get(_, name) {
        const value: unknown = name in own ? own[name as keyof T] : Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    losing = await openDevice({ device: passed(gpu, { createCommandEncoder: (descriptor) => {
      const encoder = gpu.createCommandEncoder(descriptor);
      return passed(encoder, { copyBufferToBuffer: (...args: unknown[]) => {
        if (lost?.test(`${(args[0] as GPUBuffer).label} to ${(args[2] as GPUBuffer).label}`) !== true) (encoder.copyBufferToBuffer as (...all: unknown[]) => void)(...args);
      } });
    } }) });
  });
  afterEach(() => { lost = undefined; });

  const stopping = { epochs: 6, validation, earlyStopping: { patience: 1, minimumChange: 0.05 } };

  test('the best ones, from the first on: early stopping puts nothing back, and nothing is saved', () => withTrainer(losing, smallConfig(), async (trainer) => {
    lost = /to best/;
    await refused(fitAll(trainer, train, stopping), /never copied into bytes 0 to \d+ of best\.parameters what belongs there\. Update the graphics driver/);
    await expect(trainer.save()).rejects.toMatchObject({ code: 'interrupted' });
  }));

  test('the best ones of a later epoch are not those of an earlier one', () => withTrainer(losing, smallConfig(), async (trainer) => {
    await fitAll(trainer, train, { epochs: 1, horizon: 6, validation, keepBest: 'loss' });
    lost = /to best/;
    let { best } = trainer;
    for (let epoch = 2; best![0]!.epoch === 1; { best } = trainer) await fitAll(trainer, train, { epochs: epoch++, validation, keepBest: 'loss' });
    await refused(trainer.parameters({ weights: 'best' }), /of best\.parameters what/);
    await refused(trainer.save(), /of best\.parameters what/);
  }));

  test('the best ones, on their way back, and those of the second replica', () => withTrainer(losing, smallConfig({ replicas: [{}, { seed: 9 }] }), async (trainer) => {
    lost = /best.* to parameters/;
    await refused(fitAll(trainer, train, stopping), /never copied into bytes \d+ to \d+ of parameters what/);
    await expect(trainer.evaluate(train)).rejects.toMatchObject({ code: 'interrupted' });
  }));

  test.each([
    ['what a fit begins with', /parameters to snapshot/, /of snapshot\.parameters what/],
    ['its state', /state to snapshot/, /of snapshot\.state what/],
    ['what is put back', /snapshot.* to parameters/, /of parameters what/],
  ])('%s, which a divergence puts back', (_, which, message) => withTrainer(losing, smallConfig(), async (trainer) => {
    await trainer.setParameters(new Map([['layers.0.weight', new Float32Array(11 * 13).fill(3e38)]]));
    lost = which;
    await refused(fitAll(trainer, train, { epochs: 1 }), message);
    await expect(trainer.save()).rejects.toMatchObject({ code: 'interrupted' });
  }));
});

test('the float64 executor says the same', async () => {
  const { engine } = await float64Engine({});
  const resident = await engine.residents.attach(train, 'current');
  const dispatches = resident.current!.dispatches as unknown[];
  dispatches.pop();
  await refused(engine.evaluate(resident, { first: 0, count: 2 }).collect(), /never wrote a part of the samples of evaluate/);
});
