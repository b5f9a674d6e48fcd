/** What a configuration will need and do, before any device is opened. */

import { checkOptions, demand, demandBoolean, demandOneOf, demandWhole } from '../options.ts';
import { labelBytes } from '../data/labels.ts';
import { CLASS_FORMAT } from '../target.ts';
import { residentBytes } from '../data/resident.ts';
import { checkNormalize } from '../model/normalize-maker.ts';
import { pad4 } from '../model/arena.ts';
import { checkDataset, type Dataset } from '../data/dataset.ts';
import { tableBytes, type DataFormat } from '../compile/build.ts';
import { trainGraph } from '../compile/graphs.ts';
import { knowEverything } from '../compile/all.ts';
import type { AdapterClass, AdapterTraits } from '../compile/tiles.ts';
import { bufferBytes, type MemoryReport } from '../scheduler/buffers.ts';
import { makePlan, type Plan } from '../scheduler/plan.ts';
import { suitedMetrics } from '../metrics/index.ts';
import { bestBuffer } from './best.ts';
import { prepare, type Prepared } from './prepare.ts';
import { normalisedAs } from './residents.ts';
import { trainerMemory } from './memory.ts';
import type { TrainerConfig } from './trainer-config.ts';
import { taskOf } from './wanted.ts';

/** @throws InputError unless it is the class of an adapter, or its traits */
function checkAdapter(adapter: AdapterClass | AdapterTraits): void {
  const classes = ['software', 'hardware'];
  if (classes.includes(adapter as AdapterClass)) return;
  demand(typeof adapter !== 'string', 'adapter', `'${classes.join("' or '")}', or an adapter's traits`, adapter);
  const { state, name, subgroups, maxThreads } = checkOptions('adapter', adapter as AdapterTraits, ['state', 'name', 'subgroups', 'maxThreads']);
  demandOneOf('adapter: state', state, classes);
  demand(typeof name === 'string', 'adapter: name', 'a text', name);
  demandBoolean('adapter: subgroups', subgroups);
  if (maxThreads !== undefined) demandWhole('adapter: maxThreads', maxThreads);
}

/** @throws InputError */
function prepared(config: TrainerConfig, adapter: AdapterClass | AdapterTraits): Prepared {
  knowEverything();
  if (config?.normalize !== undefined) checkNormalize(config.normalize, config.model);
  const own = prepare(config, adapter);
  if (config.metrics !== undefined) suitedMetrics('metrics', config.metrics, taskOf(own.build));
  return own;
}

/**
 * Exact GPU bytes that a trainer will use, by category: its own, and those of the data sets it will train and
 * evaluate on.
 * @param options.train data set to be trained on
 * @param options.evaluate data sets to be evaluated on
 * @param options.keepBest whether best weights are kept: a `fit` with `keepBest` or `earlyStopping`. Default false.
 * @param options.adapter 'software', 'hardware', or what is known of one: they choose different fusions and tiles. Default 'hardware'.
 * @throws InputError
 */
export function estimateMemory(
  config: TrainerConfig,
  options: { train?: Dataset; evaluate?: readonly Dataset[]; keepBest?: boolean; adapter?: AdapterClass | AdapterTraits } = {},
): MemoryReport {
  const { train, evaluate = [], keepBest = false, adapter = 'hardware' } =
    checkOptions('estimateMemory', options, ['train', 'evaluate', 'keepBest', 'adapter']);
  checkAdapter(adapter);
  demandBoolean('estimateMemory: keepBest', keepBest);
  demand(Array.isArray(evaluate), 'estimateMemory: evaluate', 'a list of data sets', evaluate);
  const sets = new Map([...(train === undefined ? [] : [train]), ...evaluate].map((data) => [data, checkDataset(data, 'What estimateMemory counts')]));
  const { build, settings } = prepared(config, adapter);
  const report = trainerMemory(build);
  const orders = new Set(settings.map(({ seed }) => seed)).size;
  const data = [...sets.values()].reduce((sum, own) => [residentBytes(own), labelBytes(own), tableBytes(build, normalisedAs(build, own))].reduce((all, bytes) => all + (bytes && bufferBytes({ bytes })), sum), 0) +
    (train ? bufferBytes({ bytes: 4 * orders * train.length }) : 0);
  const best = keepBest ? bestBuffer(build).bytes : 0;
  return { ...report, data: (report.data ?? 0) + data, snapshot: (report.snapshot ?? 0) + best, total: report.total + data + best };
}

const BYTES: DataFormat = { name: 'data', format: 'u8', inputWords: 1, target: CLASS_FORMAT };

/** The plan of one training step over u8 data, as pure data. @throws InputError */
export function planOf(config: TrainerConfig, adapter: AdapterClass | AdapterTraits = 'hardware'): Plan {
  checkAdapter(adapter);
  const { build } = prepared(config, adapter);
  const inputWords = pad4(build.network.inputs) / 4;
  return makePlan(trainGraph(build, { ...BYTES, inputWords, normalised: build.normalised }));
}
