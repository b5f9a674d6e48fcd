/** Advice on devices, training and updates of a caller's own, which needs an adapter. */
import type { Device } from '../../src/device/index.ts';
import { openDevice, probe } from '../../src/device/index.ts';
import {
  activityL1, adam, cosine, custom, dataset, dense, ema, ftrl, groupLasso, l1, l2, maxNorm, meanSquaredError, nonNegative, normalize, orthogonal, plateau, relu, sequential, sgd, softmaxCrossEntropy, split, subset, Trainer, type Dataset, type FitOptions, type TrainerConfig,
} from '../../src/index.ts';
import { createOptim, type OptimOptions, type ParameterView } from '../../src/optim/index.ts';
import { stubAdapter, stubGpu } from '../device/stub.ts';
import { Caller, USAGE } from '../cases/optim.ts';
import { advice, type Advice } from './support.ts';
import { memoryNeed } from './settings.ts';

const data = dataset({ inputs: Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)), targets: Array.from({ length: 8 }, (_, i) => i % 2), shape: [3] });
const config: TrainerConfig = { model: sequential([3], [dense(4), relu(), dense(2)]), loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 4 };
/** Its first sample is no number. */
const spoiled = dataset({ ...data, inputs: data.inputs.map((x, i) => (i === 0 ? NaN : x)) });
const swiftshader = stubAdapter({ vendor: 'google', architecture: 'swiftshader' }), nvidia = stubAdapter({ vendor: 'nvidia' });
/** Found is found: that a stub opens no device is no matter here. */
const found = async (options: Parameters<typeof probe>[0]): Promise<void> => {
  const { reason, state } = await probe(options);
  if (state !== 'software' && state !== 'hardware') throw new Error(reason);
};

export const adapterAdvice: readonly Advice[] = [
  advice(' to use it all the same, or install the GPU\'s driver.', () => openDevice({ gpu: stubGpu(swiftshader) }), () => found({ gpu: stubGpu(swiftshader), software: 'fallback' })),
  advice(' to compute on the CPU all the same. ', () => openDevice({ gpu: stubGpu(null, swiftshader) }), () => found({ gpu: stubGpu(null, swiftshader), software: 'fallback' })),
  advice("Leave out software: 'only' to use the GPU.", () => openDevice({ gpu: stubGpu(nvidia), software: 'only' }), () => found({ gpu: stubGpu(nvidia), software: 'never' })),
  advice('Close other programs that use the GPU, or update its driver, and try again.', () => openDevice({ gpu: stubGpu(nvidia) }), async () => (await openDevice({ software: 'fallback' })).close()),
  advice('The device was closed. Open a new one with openDevice().', async () => {
    const device = await openDevice({ software: 'fallback' });
    await device.close();
    await device.guard(Promise.resolve());
  }, async () => (await openDevice({ software: 'fallback' })).close()),
];

async function train(device: Device, changes: Partial<TrainerConfig> = {}, options: Partial<FitOptions> = {}, samples: Dataset = data): Promise<void> {
  const trainer = await Trainer.create(device, { ...config, ...changes });
  try {
    for await (const _ of trainer.fit(samples, { epochs: 1, ...options }));
  } finally {
    trainer.destroy();
  }
}

/** Without a fit before it, unless that is asked for. */
async function evaluate(device: Device, own: ReturnType<typeof normalize>, isFitted = false): Promise<void> {
  const trainer = await Trainer.create(device, { ...config, normalize: own });
  try {
    if (isFitted) for await (const _ of trainer.fit(data, { epochs: 1 }));
    await trainer.evaluate(data);
  } finally {
    trainer.destroy();
  }
}

/** With all weights of a layer set to a value. */
async function trainFrom(device: Device, weight: number): Promise<void> {
  const trainer = await Trainer.create(device, config);
  try {
    await trainer.setParameters(new Map([['layers.0.weight', new Float32Array(12).fill(weight)]]));
    for await (const _ of trainer.fit(data, { epochs: 1 }));
  } finally {
    trainer.destroy();
  }
}
const held = split(data, { validation: 2, seed: 1 }).validation;

/** A run that is saved with a schedule function, and loaded with another. */
async function reload(device: Device, again: (step: number) => number): Promise<void> {
  const trainer = await Trainer.create(device, { ...config, optimizer: sgd({ learningRate: custom('mine', () => 0.1) }) });
  for await (const _ of trainer.fit(data, { epochs: 1 }));
  const bytes = await trainer.save();
  trainer.destroy();
  (await Trainer.load(device, bytes, { schedules: { mine: again } })).destroy();
}

export const trainingAdvice = (device: () => Device): readonly Advice[] => [
  advice('there is one best epoch. Give both the same.', () => train(device(), {}, { validation: held, keepBest: 'accuracy', earlyStopping: { patience: 1, monitor: 'loss' } }),
    () => train(device(), {}, { validation: held, keepBest: 'loss', earlyStopping: { patience: 1, monitor: 'loss' } })),
  advice('chooses by a validation set, and none was given. Pass validation; split(...) makes one.', () => train(device(), {}, { keepBest: 'loss' }), () => train(device(), {}, { keepBest: 'loss', validation: held })),
  advice('and no validation set was given. Pass validation; split(...) makes one.', () => train(device(), { optimizer: sgd({ learningRate: plateau(0.1) }) }), () => train(device(), { optimizer: sgd({ learningRate: plateau(0.1) }) }, { validation: held })),
  advice("Name it in the configuration's metrics.", () => train(device(), {}, { validation: held, keepBest: 'f1' }), () => train(device(), { metrics: ['f1'] }, { validation: held, keepBest: 'f1' })),
  advice('Use fewer replicas, a smaller batch, fewer samples or a larger budget.', () => train(device(), { memoryBudgetBytes: 1000 }), () => train(device(), { memoryBudgetBytes: 4 * memoryNeed() + 2 ** 20 })),
  advice('Call fit first, or give the numbers: normalize({ mean, deviation }).', () => evaluate(device(), normalize()), async () => {
    await evaluate(device(), normalize(), true);
    await evaluate(device(), normalize({ mean: 0, deviation: 1 }));
  }),
  advice('Scale the data to ordinary sizes.', () => train(device(), { normalize: normalize({ mean: 0, deviation: 2 ** -126 }) }, {}, dataset({ ...data, scale: 8 })), () => train(device(), { normalize: normalize({ mean: 0, deviation: 1 }) })),
  advice('This trainer is already in fit. Wait for it to end, or abort it.', async () => {
    const trainer = await Trainer.create(device(), config), first = trainer.fit(data, { epochs: 1 });
    void first.next().catch(() => {});
    try {
      await trainer.fit(data, { epochs: 2 }).next();
    } finally {
      trainer.destroy();
    }
  }, async () => {
    const trainer = await Trainer.create(device(), config);
    for await (const _ of trainer.fit(data, { epochs: 1 }));
    for await (const _ of trainer.fit(data, { epochs: 2 }));
    trainer.destroy();
  }),
  advice('the last good ones, were put back. Try a smaller learning rate; check the data for NaN and infinity.',
    () => train(device(), { optimizer: sgd({ learningRate: 1e30 }) }, { epochs: 20 }), () => train(device(), { optimizer: sgd({ learningRate: 0.01 }) }, { epochs: 2 })),
  advice('Leave such samples out, or put numbers in their place.', () => train(device(), {}, {}, spoiled), () => train(device(), {}, {}, subset(spoiled, { start: 1 }))),
  advice('No learning rate helps. Set or load other weights, finite and not so large; check the data for NaN, infinity and very large values.',
    () => trainFrom(device(), 3e38), () => trainFrom(device(), 0.3)),
  advice(', or train with softmaxCrossEntropy().', () => train(device(), { loss: meanSquaredError() }), async () => {
    await train(device(), { loss: meanSquaredError() }, {}, dataset({ ...data, targets: Float32Array.from({ length: 16 }, (_, i) => i / 16), targetWidth: 2 }));
    await train(device());
  }),
  advice('Pass the same function.', () => reload(device(), () => 0.2), () => reload(device(), () => 0.1)),
  advice(' was destroyed. Create a new one.', async () => {
    const trainer = await Trainer.create(device(), config);
    trainer.destroy();
    await trainer.parameters();
  }, () => train(device())),
];

/** `set` on a trainer of this optimizer, and an epoch. */
async function setting(device: Device, optimizer: TrainerConfig['optimizer'], overrides: Record<string, number>, replica = {}, model = config.model): Promise<void> {
  const trainer = await Trainer.create(device, { ...config, model, optimizer, replicas: [replica] });
  try {
    trainer.set(overrides);
    for await (const _ of trainer.fit(data, { epochs: 1 }));
  } finally {
    trainer.destroy();
  }
}
const rate = { learningRate: 0.1 };

const DECLARE = 'Declare it at creation: a regularizer with strength 0 if it has one, weightDecay above 0.';

/** Five layers: ten tensors, each of which would have numbers of its own. */
const deep = sequential([3], [dense(4), relu(), dense(4), relu(), dense(4), relu(), dense(4), relu(), dense(2)]);
const apart = Object.fromEntries([1, 2, 3, 4].map((layer) => [`layers.${layer}.learningRate`, layer / 50]));

export const setAdvice = (device: () => Device): readonly Advice[] => [
  advice("Give what differs at creation, in replicas or in the layers' own settings:", () => setting(device(), sgd({ ...rate, regularizers: [l1(0)] }), { ...apart, l1: 0.1 }, {}, deep),
    () => setting(device(), sgd({ ...rate, regularizers: [l1(0)] }), { l1: 0.1 }, apart, deep)),
  ...([['l1', l1(0)], ['l2', l2(0)], ['groupLasso', groupLasso(0)], ['maxNorm', maxNorm(0)], ['nonNegative', nonNegative()]] as const).map(([name, declared]) =>
    advice(DECLARE, () => setting(device(), sgd(rate), { [name]: 1 }), () => setting(device(), sgd({ ...rate, regularizers: [declared] }), { [name]: 1 }))),
  advice(DECLARE, () => setting(device(), sgd(rate), { weightDecay: 0.1 }), () => setting(device(), sgd({ ...rate, weightDecay: 1e-9 }), { weightDecay: 0.1 })),
  advice('Declare it there with strength 0 at creation.', () => setting(device(), sgd(rate), { 'layers.0.orthogonal': 0.1 }, { 'layers.1.orthogonal': 0.1 }),
    () => setting(device(), sgd({ ...rate, regularizers: [orthogonal(0)] }), { 'layers.0.orthogonal': 0.1 }, { 'layers.1.orthogonal': 0.1 })),
];

export const lossAdvice = (device: () => Device): readonly Advice[] => [
  advice('Open a new device, create the trainer again and load the last checkpoint.', async () => {
    const own = await openDevice({ software: 'fallback' }), trainer = await Trainer.create(own, config);
    own.gpu.destroy();
    await own.gpu.lost;
    await trainer.parameters();
  }, async () => {
    const trainer = await Trainer.create(device(), config);
    for await (const _ of trainer.fit(data, { epochs: 1 }));
    const checkpoint = await trainer.save();
    trainer.destroy();
    const again = await openDevice({ software: 'fallback' }), loaded = await Trainer.load(again, checkpoint);
    for await (const _ of loaded.fit(data, { epochs: 2 }));
    loaded.destroy();
    await again.close();
  }),
];

const ALL = USAGE.COPY_SRC | USAGE.COPY_DST | USAGE.STORAGE;

/** Two updates by an optim on buffers of the caller's. */
async function updates(device: Device, options: Partial<OptimOptions>, { usage = ALL, view = {}, averaged = false, overrides = {} }: { usage?: number; view?: Partial<ParameterView>; averaged?: boolean; overrides?: Record<string, number> } = {}): Promise<void> {
  const caller = new Caller(device.gpu);
  try {
    const [weights, gradients] = [caller.buffer(new Float32Array(4), usage), caller.buffer(new Float32Array(4))];
    const parameters = [{ name: 'w', buffer: weights, length: 4, gradient: { buffer: gradients }, ...view }];
    const optim = await createOptim(device.gpu, { parameters, optimizer: adam(), ...options } as OptimOptions);
    caller.step(optim, overrides);
    if (averaged) optim.average('w');
    optim.destroy();
  } finally {
    caller.destroy();
  }
}

/** An optim over so many parameters of one number, in so many groups. */
async function many(device: Device, count: number, inGroups: number): Promise<void> {
  const caller = new Caller(device.gpu);
  try {
    const [weights, gradients] = [caller.buffer(new Float32Array(count)), caller.buffer(new Float32Array(count))];
    const parameters = Array.from({ length: count }, (_, offset) => ({ name: `w${offset}`, buffer: weights, offset, length: 1, group: `g${offset % inGroups}`, gradient: { buffer: gradients, offset } }));
    const groups = Object.fromEntries(Array.from({ length: inGroups }, (_, i) => [`g${i}`, adam()]));
    (await createOptim(device.gpu, { parameters, groups })).destroy();
  } finally {
    caller.destroy();
  }
}

export const optimAdvice = (device: () => Device): readonly Advice[] => [
  advice('Declare one that is to come later with strength 0, as in regularizers: [l1(0)].', () => updates(device(), {}, { overrides: { l1: 1 } }), () => updates(device(), { optimizer: adam({ regularizers: [l1(0)] }) }, { overrides: { l1: 1 } })),
  advice('. Give more of them one group, or make two optims.', () => many(device(), 700, 700), async () => {
    await many(device(), 700, 2);
    await many(device(), 350, 350);
    await many(device(), 350, 350);
  }),
  advice('Give horizon, its number of updates.', () => updates(device(), { optimizer: adam({ learningRate: cosine(0.1) }) }), () => updates(device(), { optimizer: adam({ learningRate: cosine(0.1) }), horizon: 10 })),
  advice('Give its value to each encode instead.', () => updates(device(), { optimizer: adam({ learningRate: plateau(0.1) }) }), () => updates(device(), { optimizer: adam({ learningRate: 0.1 }) })),
  advice('Add its gradient to yours.', () => updates(device(), { optimizer: adam({ regularizers: [activityL1(1)] }) }), () => updates(device(), {})),
  advice('Give its shape, [inputs, outputs].', () => updates(device(), { optimizer: adam({ regularizers: [maxNorm(1)] }) }), () => updates(device(), { optimizer: adam({ regularizers: [maxNorm(1)] }) }, { view: { shape: [2, 2] } })),
  advice('Make their buffer with GPUBufferUsage.COPY_SRC as well.', () => updates(device(), { optimizer: ftrl({ learningRate: 1 }) }, { usage: USAGE.STORAGE | USAGE.COPY_DST }), () => updates(device(), { optimizer: ftrl({ learningRate: 1 }) })),
  advice('Give createOptim ema(...) or swa(...).', () => updates(device(), {}, { averaged: true }), () => updates(device(), { averaging: ema() }, { averaged: true })),
];
