/** Trains as a page does that names nothing else, and says which sources were loaded until the first step was done. */
import { openDevice, Trainer, clipByGlobalNorm, dataset, dense, dropout, l2, maxNorm, orthogonal, relu, sequential, sgd, softmaxCrossEntropy, type TrainerConfig } from '../../src/index.ts';

const loaded = (globalThis as unknown as { loadedSources: string[] }).loadedSources;
let from = loaded.length; // What comes with the page is there.
const data = dataset({ inputs: Float32Array.from({ length: 60 }, (_, i) => Math.sin(i)), targets: Uint8Array.from({ length: 12 }, (_, i) => i % 3), shape: [5] });
const tiles = { wide: { rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 4 }, narrow: { rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 4 } } as const;
const rate = { learningRate: 0.1 };

/** As on hardware, but for tiles that a software adapter compiles quickly: they load nothing. */
const page: TrainerConfig = {
  model: sequential([5], [dense(6), relu(), dropout(0.2), dense(3)]), loss: softmaxCrossEntropy(),
  optimizer: sgd({ ...rate, regularizers: [l2(1e-4)] }), batchSize: 4, fusion: 'full', tiles,
};

/** Configurations by what they need. */
const CONFIGS: Readonly<Record<string, TrainerConfig>> = {
  page,
  layer: { ...page, fusion: 'layer' },
  none: { ...page, fusion: 'none' },
  accumulate: { ...page, fusion: 'none', accumulate: 2 },
  norms: { ...page, fusion: 'none', optimizer: sgd({ ...rate, clip: clipByGlobalNorm(1) }) },
  units: { ...page, optimizer: sgd({ ...rate, regularizers: [maxNorm(1)] }) },
  orthogonal: { ...page, fusion: 'none', optimizer: sgd({ ...rate, regularizers: [orthogonal(0.1)] }) },
  named: { ...page, optimizer: { rule: 'adagrad', hyperparameters: { ...rate, weightDecay: 0, learningRateDecay: 0, epsilon: 1e-10, epsilonRoot: 0, initialAccumulator: 0.1 }, regularizers: [] } },
  map: { ...page, model: sequential([5], [dense(6), dropout(0.2), relu(), relu(), dense(3)]) },
};

const device = await openDevice({ software: 'only' });
const results: unknown[] = [];
for (const name of process.argv.slice(2)) {
  const trainer = await Trainer.create(device, CONFIGS[name]!);
  let until: readonly string[] | undefined;
  const { loss } = (await trainer.fit(data, { epochs: 1, stepsPerSubmit: 1, onProgress: () => { until ??= loaded.slice(from); } }))!;
  results.push({ name, loaded: until, loss });
  trainer.destroy();
  from = loaded.length;
}
await device.close();
console.log(JSON.stringify(results));
process.exit(0); // Dawn may keep a process.
