/** Golden runs that only Node makes: every optimizer with every penalty, parameter groups, the flagship network. */
import { expect, test } from 'vitest';
import type { TensorSettings } from '../../src/model/hyperparameters.ts';
import { parameterArena } from '../../src/compile/build.ts';
import { describeNetwork } from '../../src/model/network.ts';
import { softmaxCrossEntropy } from '../../src/model/losses/makers.ts';
import { tensorHyperparameters } from '../../src/reference/index.ts';
import { prepare } from '../../src/train/prepare.ts';
import { Engine } from '../../src/train/engine.ts';
import { FitLoop } from '../../src/train/fit.ts';
import { Mutex } from '../../src/train/mutex.ts';
import { initialState } from '../../src/train/training-state.ts';
import { Pace } from '../../src/scheduler/pace.ts';
import { programsOn } from '../../src/webgpu/program.ts';
import { EPSILON, expectClose } from '../cases/compare.ts';
import {
  allGoldenCases, goldenCases, goldenDataset, goldenLayers, goldenOptimizer, pick, runGolden, StepLog,
} from '../cases/network/golden.ts';
import { QUICK_TILES } from '../cases/network/support.ts';
import { goldenConfig, goldenFlagship, goldenSmall } from '../golden/golden.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const hosted = new Set(goldenCases.map(({ name }) => name));

test.each(allGoldenCases.filter(({ name }) => !hosted.has(name)))('$name', async ({ run }) => {
  await run(device(), () => {});
});

test('784-1000-500-10 with dropout, momentum, as a software adapter runs it', async () => {
  await runGolden(device(), goldenFlagship, goldenFlagship.cases[0]!, {});
});

test.each(['none', 'layer', 'full'] as const)('momentum with a group per tensor, fusion %s', async (fusion) => {
  const { model } = goldenSmall;
  const golden = goldenSmall.cases.find(({ name }) => name === 'momentum-groups')!;
  const described = { model: goldenLayers(model), loss: softmaxCrossEntropy(), batchSize: model.batch, seed: model.seed };
  const optimizer = goldenOptimizer({ ...golden.hyperparameters, l1: 1, l2: 1, l2Rule: 'coupled', weightDecay: 0.2 });
  const engine = await Engine.create(programsOn(device()), prepare({ ...described, optimizer, fusion, tiles: QUICK_TILES, maxStepsPerSubmit: 1 }, 'software'));
  try {
    const { tensors } = describeNetwork(described.model);
    engine.settings = engine.settings.map((settings) => ({
      ...settings,
      tensors: tensors.map(({ name }, i): TensorSettings => {
        const { learningRate, l1 = 0, l2 = 0, weightDecay = 0 } = tensorHyperparameters(goldenConfig(model, golden, 0), name);
        const { values, penalties, ...rest } = settings.tensors[i]!;
        return {
          ...rest, values: { ...values, learningRate, weightDecay },
          penalties: { ...penalties, l1: { ...penalties.l1!, strength: l1 }, l2: { ...penalties.l2!, strength: l2 } },
        };
      }),
    }));
    const log = new StepLog(model.samples, model.batch);
    const options = { epochs: 2, stepsPerSubmit: 1, onProgress: log.take };
    await new FitLoop(engine, initialState(1), options, new Mutex(), { train: new Pace(500, 1), evaluate: new Pace(500, 1) }, () => {}).run(goldenDataset(model), () => {});
    expectClose('losses', log.losses, golden.losses, 1e-5, 0);
    expect(log.hits).toEqual(golden.hits);
    const { network } = engine.build, arena = parameterArena(engine.build);
    const parameters = new Float32Array(await engine.program.read({ buffer: 'parameters', offset: 0, bytes: arena.bytes }));
    for (const tensor of network.tensors) {
      const { samples } = golden.weights[tensor.name]!;
      const got = pick(arena.toFile(tensor, parameters), arena.fileShape(tensor), goldenSmall.indices[tensor.name]!);
      expectClose(tensor.name, got, samples, 0, 16 * EPSILON * Math.max(...samples.map(Math.abs)));
    }
  } finally {
    engine.destroy();
  }
});
