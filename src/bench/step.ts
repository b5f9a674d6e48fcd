/** The suite `step`: one training step of `fit`, by batch size, replicas and optimizer. */

import { subset, type ClassDataset } from '../data/dataset.ts';
import { InputError } from '../errors.ts';
import { planOf } from '../train/estimate.ts';
import { adapterTraits } from '../train/traits.ts';
import { alternate } from './alternate.ts';
import { FMA_KEY, giga } from './ceilings.ts';
import { FLAGSHIP_BATCH, FLAGSHIP_RATES, syntheticImages } from './flagship.ts';
import { optimizerOf } from './optimizers.ts';
import { summarize } from './statistics.ts';
import { attempt, checkTime, configOf, flagshipSubject, subjectParameters, withTrainer, type Subject } from './subject.ts';
import type { Suite, SuiteContext } from './suite.ts';
import type { Result } from './types.ts';
import { FitWork } from './works.ts';

/** Whole batches of every usual size: an epoch of MNIST where steps are fast, less where data would only take memory. */
const IMAGES = { hardware: 60 * 1024, unknown: 16 * 1024, software: 16 * 1024 } as const;
const OPTIMIZER = 'momentum';
const PROBE_STEPS = 3;

interface Configuration {
  readonly optimizer: string;
  readonly batch: number;
  readonly replicas: number;
}

const keyOf = ({ optimizer, batch, replicas }: Configuration): string => `step/${optimizer}/batch=${batch}/replicas=${replicas}`;

/** Small ones first: what they take tells what larger ones will take. */
export function configurationsOf({ batchSizes, replicas, optimizers }: SuiteContext['options']): Configuration[] {
  const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
  const all = [
    ...ascending(replicas).flatMap((copies) => ascending(batchSizes).map((batch) => ({ optimizer: OPTIMIZER, batch, replicas: copies }))),
    ...optimizers.map((optimizer) => ({ optimizer, batch: FLAGSHIP_BATCH, replicas: 1 })),
  ];
  return [...new Map(all.map((one) => [keyOf(one), one])).values()];
}

export const step: Suite = (context) => measureSteps(context, flagshipSubject(IMAGES[context.device.adapter.state]));

/** The suite on any network. */
export async function measureSteps(context: SuiteContext, subject: Subject): Promise<void> {
  const data = syntheticImages(subject.images, subject.sizes[0], subject.sizes.at(-1));
  const configurations = configurationsOf(context.options), [first] = configurations;
  const isSmall = first === undefined || first.batch * first.replicas <= FLAGSHIP_BATCH;
  /** Most floating-point operations per millisecond so far. */
  let fastest = isSmall ? 0 : await probe(context, subject, data);
  for (const configuration of configurations) {
    const found = await attempt(context, 'step', keyOf(configuration), () => measure(context, subject, data, configuration, fastest));
    if (found === undefined) continue;
    context.emit(found);
    fastest = Math.max(fastest, 1e6 * found.derived['GFLOP/s']!);
  }
}

/** Floating-point operations per millisecond of a few steps of usual size, where a large one would be the first. */
function probe(context: SuiteContext, subject: Subject, data: ClassDataset): Promise<number> {
  const config = configOf(context, subject, {}), { flops } = planOf(config, adapterTraits(context.device));
  return withTrainer(context, config, async (trainer) => {
    const work = new FitWork(trainer, data, context.signal);
    await work.run(PROBE_STEPS);
    const start = performance.now();
    await work.run(PROBE_STEPS);
    return (PROBE_STEPS * flops) / (performance.now() - start);
  });
}

async function measure(context: SuiteContext, subject: Subject, data: ClassDataset, configuration: Configuration, fastest: number): Promise<Result> {
  const { device, options, signal } = context, { optimizer, batch, replicas } = configuration;
  const config = configOf(context, subject, {
    batchSize: batch, optimizer: optimizerOf(optimizer), replicas: Array.from({ length: replicas }, () => ({})),
  });
  const { flops } = planOf(config, adapterTraits(device));
  if (fastest > 0) checkTime(flops / fastest, context);
  const label = `${optimizer}, batch ${batch}, ${replicas} replica${replicas === 1 ? '' : 's'}`;
  context.progress(`step: ${label}`);
  return withTrainer(context, config, async (trainer) => {
    const images = wholeBatches(data, batch), work = new FitWork(trainer, images, signal);
    const [samples] = await alternate([work], { ...options, rounds: options.repetitions, signal });
    const { encodeMilliseconds, longestEncodeMilliseconds, longTasks } = work.mainThread();
    return {
      key: keyOf(configuration), suite: 'step', label, unit: 'ms', better: 'lower', samples: samples!,
      meaning: `Milliseconds per training step of all replicas in one call of fit, over ${options.seconds} s of steps or more, ended by a readback.`,
      parameters: { ...subjectParameters({ ...subject, images: images.length }), optimizer, batch, replicas, penalty: `L2 ${FLAGSHIP_RATES.l2.toExponential()}`, tiles: options.tune ? 'tuned' : 'default' },
      derived: {
        ...rates(context, summarize(samples!).median, flops, batch * replicas),
        'encode per step, us': 1000 * encodeMilliseconds, 'longest encode, ms': longestEncodeMilliseconds,
        ...(longTasks !== undefined && { 'main-thread tasks over 50 ms': longTasks }),
      },
    };
  });
}

/** As many images as make whole batches, so that every step has as many. @throws InputError */
function wholeBatches(data: ClassDataset, batch: number): ClassDataset {
  const end = Math.floor(data.length / batch) * batch;
  if (end === 0) throw new InputError(`A batch of ${batch} is more than the ${data.length} images of this suite. Give a smaller one.`);
  return subset(data, { end });
}

function rates(context: SuiteContext, milliseconds: number, flops: number, images: number): Record<string, number> {
  const speed = giga(flops, milliseconds), ceiling = context.ceilings().find(({ key }) => key === FMA_KEY);
  return {
    'images/s': (images * 1000) / milliseconds, 'GFLOP/s': speed,
    ...(ceiling !== undefined && { 'share of FMA ceiling': speed / summarize(ceiling.samples).median }),
  };
}
