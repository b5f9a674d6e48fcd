/** gradshader as a page uses it: `fit`, `evaluate`, nothing else. */

import { subset } from '../../data/dataset.ts';
import type { Device } from '../../device/index.ts';
import { softmaxCrossEntropy } from '../../model/losses/makers.ts';
import { sgd } from '../../model/optimizers/index.ts';
import { l2 } from '../../model/regularizers.ts';
import type { Evaluation } from '../../train/events.ts';
import { Trainer } from '../../train/trainer.ts';
import { VERSION } from '../../version.ts';
import { networkOf } from '../flagship.ts';
import { MANY_EPOCHS } from '../works.ts';
import { batchRanges, type Contestant, type Run, type Task } from './contestant.ts';

/** [in, out] as a task has it to [out, in] as parameters have it. */
function transposed(weight: Float32Array, inputs: number, outputs: number): Float32Array {
  return Float32Array.from({ length: weight.length }, (_, i) => weight[(i % inputs) * outputs + Math.floor(i / inputs)]!);
}

class GradshaderRun implements Run {
  readonly #trainer: Trainer;
  readonly #task: Task;

  constructor(trainer: Trainer, task: Task) {
    this.#trainer = trainer;
    this.#task = task;
  }

  /** An epoch over each batch as a data set of its own: the epoch's loss is then the step's. */
  async losses(steps: number): Promise<number[]> {
    const trainer = this.#trainer, { data, batch } = this.#task;
    const ranges = batchRanges(data.length, batch, { whole: true }), losses: number[] = [];
    for (let i = 0; i < steps; i++) {
      const { first: start, end } = ranges[trainer.step % ranges.length]!;
      for await (const { loss } of trainer.fit(subset(data, { start, end }), { epochs: trainer.epoch + 1 })) losses.push(loss);
    }
    return losses;
  }

  async train(steps: number): Promise<void> {
    const trainer = this.#trainer, target = trainer.step + steps;
    const epochs = trainer.fit(this.#task.data, { epochs: MANY_EPOCHS, steps: target });
    while (!(await epochs.next()).done);
  }

  /** In whole passes over all images: `evaluate` has no smaller unit. */
  async infer(batches: number): Promise<{ images: number; hits: number }> {
    const { data, batch } = this.#task, passes = Math.max(1, Math.ceil(batches / Math.ceil(data.length / batch)));
    let hits = 0;
    for (let pass = 0; pass < passes; pass++) {
      const { accuracy } = (await this.#trainer.evaluate(data)) as Evaluation;
      hits += Math.round(accuracy * data.length);
    }
    return { images: passes * data.length, hits };
  }

  async dispose(): Promise<void> {
    this.#trainer.destroy();
  }
}

export const gradshaderContestant = (device: Device): Contestant => ({
  name: 'gradshader', library: 'gradshader', backend: 'webgpu', version: VERSION, way: 'fit',
  notes: () => ({ dtype: 'float32' }),
  async prepare(task) {
    const { sizes, parameters, seed, batch: batchSize, learningRate, momentum } = task;
    const trainer = await Trainer.create(device, {
      model: networkOf(task), loss: softmaxCrossEntropy(), batchSize, seed, verify: 'off', // As the others test nothing.
      optimizer: sgd({ learningRate, momentum, regularizers: [l2(task.l2)] }),
    });
    const named = sizes.slice(1).flatMap((outputs, n): [string, Float32Array][] => [
      [`layers.${n}.weight`, transposed(parameters[2 * n]!, sizes[n]!, outputs)], [`layers.${n}.bias`, parameters[2 * n + 1]!],
    ]);
    await trainer.setParameters(new Map(named));
    return new GradshaderRun(trainer, task);
  },
});
