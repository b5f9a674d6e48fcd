/** Random chains of layers, and the graphs of every kind of run over them. The same ones each time. */
import type { DataFormat } from '../../src/compile/build.ts';
import { CLASS_FORMAT } from '../../src/target.ts';
import { ema } from '../../src/model/averaging.ts';
import { clipByGlobalNorm, clipByValue } from '../../src/model/clip.ts';
import { knowEverything } from '../../src/compile/all.ts';
import { evaluateGraph, predictGraph, trainGraph } from '../../src/compile/graphs.ts';
import { dense, dropout, relu, type Layer } from '../../src/model/layers/index.ts';
import { sequential, type Model } from '../../src/model/model.ts';
import { softmaxCrossEntropy } from '../../src/model/losses/makers.ts';
import { adam, sgd } from '../../src/model/optimizers/index.ts';
import { l1, maxNorm } from '../../src/model/regularizers.ts';
import type { Fusion } from '../../src/compile/tiles.ts';
import { uniforms } from '../../src/random.ts';
import type { Graph } from '../../src/scheduler/graph.ts';
import { prepare } from '../../src/train/prepare.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { MAKERS, RULES } from '../model/support.ts';

knowEverything(); // Graphs are asked for without a trainer.

export const FUSIONS: readonly Fusion[] = ['none', 'layer', 'full'];
export const DATA: DataFormat = { name: 'data', format: 'u8', inputWords: 4, target: CLASS_FORMAT };

/** The network of the measurements, plain SGD: 784-1000-500-10 with a ReLU after each hidden layer. */
export const flagship = (changes: Partial<TrainerConfig> = {}): TrainerConfig => ({
  model: sequential([784], [dense(1000), relu(), dense(500), relu(), dense(10)]),
  loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.05 }), batchSize: 128, ...changes,
});

/** Whole numbers from `low` to `high`, from one stream per seed. */
export function numbers(seed: number): (low: number, high: number) => number {
  const drawn = uniforms(4096, seed, 0x7e57);
  let at = 0;
  return (low, high) => {
    const value = drawn[at++];
    if (value === undefined) throw new Error('More numbers are drawn than were made.');
    return low + Math.floor(value * (high - low + 1));
  };
}

function randomModel(draw: (low: number, high: number) => number): Model {
  const depth = draw(1, 6);
  const layers: Layer[] = draw(0, 1) === 1 ? [dropout(0.1)] : [];
  for (let i = 1; i < depth; i++) {
    layers.push(dense(draw(1, 90)));
    if (draw(0, 2) > 0) layers.push(relu());
    if (draw(0, 1) === 1) layers.push(dropout(0.3));
  }
  // Past 768 classes the fully fused plan does without the head kernel.
  return sequential([draw(1, 90)], [...layers, dense(draw(0, 5) === 0 ? draw(760, 800) : draw(1, 40))]);
}

/** One configuration per seed; `fusion` is for the caller to add. */
export function randomConfig(seed: number): TrainerConfig {
  const draw = numbers(seed);
  return {
    model: randomModel(draw), loss: softmaxCrossEntropy(),
    optimizer: draw(0, 1) === 1 ? adam() : sgd({ learningRate: 0.1 }),
    batchSize: draw(1, 70), replicas: Array.from({ length: draw(1, 4) }, () => ({})), maxStepsPerSubmit: draw(1, 9),
  };
}

/** The same networks with any optimizer, and averages, skipped updates, accumulation and rules on units here and there. */
export function randomUpdateConfig(seed: number): TrainerConfig {
  const draw = numbers(9000 + seed);
  const rule = RULES[seed % RULES.length]!;
  const regularizers = [...(draw(0, 1) === 1 ? [maxNorm(2)] : []), ...(draw(0, 1) === 1 && rule !== 'ftrl' ? [l1(1e-3, { rule: 'cumulative' })] : [])];
  const canSkip = rule !== 'nadam' && rule !== 'ftrl' && regularizers.length === 0;
  const hasRatio = rule === 'lamb' || rule === 'lars';
  return {
    ...randomConfig(seed),
    optimizer: MAKERS[rule]({ regularizers, ...(draw(0, 2) === 0 && { clip: hasRatio ? clipByValue(1) : clipByGlobalNorm(1) }) }),
    ...(draw(0, 1) === 1 && { averaging: ema() }),
    ...(canSkip && draw(0, 1) === 1 && { onNonFinite: 'skip' }),
    ...(draw(0, 2) === 0 && { accumulate: 2, maxStepsPerSubmit: draw(2, 9) }),
  };
}

/** Graphs for training, evaluation and prediction. */
export function graphsOf(config: TrainerConfig): { train: Graph; evaluate: Graph; predict: Graph } {
  const { build } = prepare(config, 'software');
  return { train: trainGraph(build, DATA), evaluate: evaluateGraph(build, DATA), predict: predictGraph(build, DATA) };
}
