/** The suite `inference`: resident images through `evaluate`, and the time of one image through `predict`. */

import { subset, type ClassDataset } from '../data/dataset.ts';
import { alternate, type Work } from './alternate.ts';
import { syntheticImages } from './flagship.ts';
import { summarize } from './statistics.ts';
import { attempt, checkTime, configOf, flagshipSubject, subjectParameters, withTrainer, type Subject } from './subject.ts';
import type { Suite, SuiteContext } from './suite.ts';
import type { Result } from './types.ts';
import { evaluateWork } from './works.ts';

const IMAGES = 10_000;
const BATCHES: readonly number[] = [32, 1024];

export const inference: Suite = (context) => measureInference(context, flagshipSubject(IMAGES), BATCHES);

/** The suite on any network. */
export async function measureInference(context: SuiteContext, subject: Subject, batches: readonly number[]): Promise<void> {
  const data = syntheticImages(subject.images, subject.sizes[0], subject.sizes.at(-1));
  for (const batch of batches) {
    const found = await attempt(context, 'inference', `inference/batch=${batch}`, () => throughput(context, subject, data, batch));
    if (found !== undefined) context.emit(found);
  }
  const found = await attempt(context, 'inference', 'inference/latency', () => latency(context, subject, data));
  if (found !== undefined) context.emit(found);
}

const samplesOf = async ({ options, signal }: SuiteContext, work: Work): Promise<readonly number[]> =>
  (await alternate([work], { ...options, rounds: options.repetitions, signal }))[0]!;

/** Milliseconds that `work` takes, the first time left out: compiling and uploading are in that. */
async function secondTime(work: () => Promise<unknown>): Promise<number> {
  await work();
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function throughput(context: SuiteContext, subject: Subject, data: ClassDataset, batch: number): Promise<Result> {
  context.progress(`inference: batch ${batch}`);
  return withTrainer(context, configOf(context, subject, { batchSize: batch }), async (trainer) => {
    const few = subset(data, { end: Math.min(batch, data.length) });
    checkTime(await secondTime(() => trainer.evaluate(few)) * (data.length / few.length), context);
    const samples = await samplesOf(context, evaluateWork(trainer, data, context.signal));
    return {
      key: `inference/batch=${batch}`, suite: 'inference', label: `batch ${batch}`, unit: 'images/s', better: 'higher',
      meaning: 'Images per second through evaluate, forward pass and loss, the images resident on the adapter, every result read back.',
      samples: samples.map((milliseconds) => (data.length * 1000) / milliseconds), parameters: { ...subjectParameters(subject), batch },
      derived: { 'all images, ms': summarize(samples).median },
    };
  });
}

function latency(context: SuiteContext, subject: Subject, data: ClassDataset): Promise<Result> {
  const { signal } = context;
  context.progress('inference: one image');
  return withTrainer(context, configOf(context, subject, { batchSize: 1 }), async (trainer) => {
    const image = subset(data, { end: 1 }).inputs;
    const work: Work = {
      run: async (count) => {
        for (let i = 0; i < count; i++) {
          signal.throwIfAborted();
          await trainer.predict(image);
        }
        return count;
      },
    };
    checkTime(await secondTime(() => work.run(1)), context);
    return {
      key: 'inference/latency', suite: 'inference', label: 'one image', unit: 'ms', better: 'lower', samples: await samplesOf(context, work),
      meaning: 'Milliseconds from the call of predict with one image to its probabilities in main memory, at batch size 1, one call after the other.',
      parameters: { ...subjectParameters({ ...subject, images: 1 }), batch: 1 }, derived: {},
    };
  });
}
