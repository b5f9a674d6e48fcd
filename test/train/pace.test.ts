/** How many steps go into a submit: proven on simulated clocks, seen on a real device. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ClassDataset } from '../../src/data/dataset.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { Pace } from '../../src/scheduler/pace.ts';
import { uniforms } from '../../src/random.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { runPipeline } from '../../src/train/pipeline.ts';
import { smallConfig, smallData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';
import { Watch } from './watch.ts';

afterEach(() => { vi.restoreAllMocks(); });

interface Machine {
  readonly target: number;
  readonly steps: number;
  /** Milliseconds of one step in the n-th submit. */
  cost(submit: number): number;
  /** Added to every wait; waits end at multiples of `tick`. */
  readonly delay?: number;
  readonly tick?: number;
  /** Added to the first submit: drivers compile in it. */
  readonly compile?: number;
  /** `submit` itself returns only when its work is done. */
  readonly blocks?: boolean;
  readonly capacity?: number;
}

/**
 * Runs the pipeline over a GPU that does one submit after the other; gives every submit's steps and GPU time, the time
 * that passed, and the sum of the times that were told.
 */
async function simulate(machine: Machine): Promise<{ submits: { steps: number; milliseconds: number }[]; total: number; told: number }> {
  const { target, steps: to, delay = 0, tick = 0, compile = 0, capacity = 1024, blocks = false } = machine;
  let clock = 0;
  let gpuFree = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
  const submits: { steps: number; milliseconds: number }[] = [];
  let inFlight = 0;
  let told = 0;
  await runPipeline({
    from: 0, to, pace: new Pace(target, capacity), stopped: () => false,
    take: (_, __, milliseconds) => {
      told += milliseconds;
      return true;
    },
    submit({ count: steps }) {
      expect(++inFlight).toBeLessThanOrEqual(2);
      const milliseconds = steps * machine.cost(submits.length) + (submits.length === 0 ? compile : 0);
      gpuFree = Math.max(clock, gpuFree) + milliseconds;
      const end = gpuFree;
      if (blocks) clock = end;
      submits.push({ steps, milliseconds });
      return {
        async collect() {
          inFlight--;
          clock = Math.max(clock, end + delay);
          if (tick > 0) clock = Math.ceil(clock / tick) * tick;
        },
      };
    },
  });
  expect(submits.reduce((sum, { steps }) => sum + steps, 0)).toBe(to);
  return { submits, total: clock, told };
}

const noise = uniforms(4096, 1, 0);
const machines: [string, Omit<Machine, 'target' | 'steps'>][] = [
  ['steady, fast', { cost: () => 0.05 }],
  ['steady', { cost: () => 3 }],
  ['steady, one step near the target', { cost: () => 70 }],
  ['slower than the target', { cost: () => 900 }],
  // The number of steps is rounded, so up to 4/3 of the target is aimed for; times 3/2 is twice.
  ['noisy up to a factor of 1.5', { cost: (i) => 8 * (1 + 0.5 * noise[i % 4096]!) }],
  ['noisy up to a factor of two, steps short', { cost: (i) => 0.1 * (1 + noise[i % 4096]!) }],
  ['every seventh submit twice as slow', { cost: (i) => (i % 7 === 6 ? 3.9 : 2) }],
  ['getting slower by a third over time', { cost: (i) => 2 * (1 + Math.min(1, i / 300) / 3) }],
  ['compiling for three seconds first', { cost: () => 4, compile: 3000 }],
  ['waits 100 ms late', { cost: () => 1, delay: 100 }],
  ['waits end every 100 ms', { cost: () => 1, tick: 100 }],
  ['submits that return when their work is done', { cost: () => 3, blocks: true }],
];

describe('after the first three submits none of more than one step exceeds twice the target', () => {
  test.each(machines)('%s', async (_, machine) => {
    for (const target of [20, 100, 500]) {
      const { submits } = await simulate({ ...machine, target, steps: 20_000 });
      for (const { steps, milliseconds } of submits.slice(3)) {
        if (steps > 1) expect(milliseconds).toBeLessThanOrEqual(2 * target);
      }
      expect(submits[0]!.steps).toBe(1);
    }
  });

  test('and they come near the target, so that the GPU is kept busy', async () => {
    for (const [target, cost] of [[100, 1], [500, 0.7], [20, 0.05]] as const) {
      const { submits, total } = await simulate({ target, cost: () => cost, steps: 20_000 });
      const late = submits.slice(20, -1);
      expect(late.length).toBeGreaterThan(0);
      for (const { milliseconds } of late) expect(milliseconds).toBeGreaterThan(0.5 * target);
      expect(total).toBeLessThan(1.05 * 20_000 * cost);
    }
  });

  test.each(machines)('and the times told add up to the time that passed: %s', async (_, machine) => {
    const { total, told } = await simulate({ ...machine, target: 100, steps: 2000 });
    expect(Math.abs(told / total - 1)).toBeLessThan(1e-9);
  });

  test('and no submit has more steps than the row table', async () => {
    const { submits } = await simulate({ target: 500, cost: () => 0.001, steps: 5000, capacity: 256 });
    expect(Math.max(...submits.map(({ steps }) => steps))).toBe(256);
  });
});

describe('waits that end 100 ms late', () => {
  test.each([['later by 100 ms', { delay: 100 }], ['on a timer of 100 ms', { tick: 100 }], ['on a timer of 104 ms', { tick: 104 }]])('%s: a tenth is lost at most', async (_, late) => {
    for (const [target, cost] of [[100, 1], [500, 5]] as const) {
      const steps = 60_000;
      const { total } = await simulate({ target, cost: () => cost, steps, ...late });
      expect(total).toBeLessThan(1.1 * steps * cost + 3000);
    }
  });
});

describe('on a device', () => {
  const device = useDevice();
  const train = async (config: TrainerConfig, data: ClassDataset): Promise<{ steps: number; milliseconds: number }[]> => {
    const seen: { steps: number; milliseconds: number }[] = [];
    await withTrainer(device(), config, async (trainer) => {
      const onProgress = ({ stepsPerSubmit, stepMilliseconds }: { stepsPerSubmit: number; stepMilliseconds: number }): void => {
        seen.push({ steps: stepsPerSubmit, milliseconds: stepMilliseconds });
      };
      for await (const _ of trainer.fit(data, { epochs: 1, onProgress }));
    });
    return seen;
  };

  test('targetSubmitMilliseconds is honoured', async () => {
    const target = 60;
    const model = sequential([256], [dense(192), relu(), dense(10)]);
    const data = smallData(64 * 60, { width: 256, classes: 10 });
    const config = { ...smallConfig({ model, batchSize: 64 }), maxStepsPerSubmit: 256 };
    const seen = await train({ ...config, targetSubmitMilliseconds: target }, data);
    const sorted = seen.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b);
    // Other programs on the machine may slow any single submit down; a quarter of them was faster than this.
    const quick = sorted[Math.floor(sorted.length / 4)]!;
    for (const { steps } of seen.slice(3)) if (steps > 1) expect(steps * quick).toBeLessThanOrEqual(2 * target);
    const generous = await train({ ...config, targetSubmitMilliseconds: 1000 }, data);
    expect(generous.length).toBeLessThan(seen.length);
    expect(generous[0]!.steps).toBe(1);
  });

  test('waits that end 100 ms late do not cost 100 ms a step', async () => {
    const watch = new Watch(device().gpu);
    watch.delay = 100;
    try {
      const seen = await train(smallConfig({ maxStepsPerSubmit: 256 }), smallData(8 * 100));
      expect(watch.count('mapAsync')).toBeGreaterThanOrEqual(seen.length);
      // Doubling from one step takes a dozen or so submits for 100 steps; a busy machine may take more.
      expect(seen.length).toBeLessThan(33);
    } finally {
      watch.restore();
    }
  });
});
