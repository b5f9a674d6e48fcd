/** What is dispatched for a range of networks, optimizers and adapters, as short text: every difference is seen. */
import { createHash } from 'node:crypto';
import type { Build } from '../../src/compile/build.ts';
import { ema } from '../../src/model/averaging.ts';
import { clipByGlobalNorm } from '../../src/model/clip.ts';
import { evaluateGraph, gramGraph, predictGraph, snapshotGraph, sumsGraph, trainGraph } from '../../src/compile/graphs.ts';
import { dense, dropout, relu } from '../../src/model/layers/index.ts';
import { sequential, type Model } from '../../src/model/model.ts';
import { softmaxCrossEntropy } from '../../src/model/losses/index.ts';
import { adam, ftrl, lamb, sgd, type Optimizer } from '../../src/model/optimizers/index.ts';
import { activityL1, l1, l2, maxNorm, orthogonal } from '../../src/model/regularizers.ts';
import type { AdapterTraits, Fusion } from '../../src/compile/tiles.ts';
import type { Graph } from '../../src/scheduler/graph.ts';
import type { Dispatch } from '../../src/scheduler/dispatch.ts';
import { makePlan, type Plan } from '../../src/scheduler/plan.ts';
import { wgslOf } from '../../src/webgpu/wgsl.ts';
import { prepare } from '../../src/train/prepare.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { residentBuffers } from '../../src/compile/buffers.ts';

export const NETWORKS: Readonly<Record<string, () => Model>> = {
  flagship: () => sequential([784], [dropout(0.2), dense(1000), relu(), dropout(0.5), dense(500), relu(), dropout(0.5), dense(10)]),
  single: () => sequential([5], [dense(3)]),
  odd: () => sequential([13], [dropout(0.1), dense(11), relu(), dropout(0.2), dense(7), relu(), dropout(0.3), dense(5)]),
  linear: () => sequential([30], [dense(17), dropout(0.3), dense(9), dense(21), relu(), dense(4)]),
  deep: () => sequential([4, 4], [dense(33), relu(), dense(1), relu(), dense(64), relu(), dropout(0.5), dense(31), relu(), dense(8), dropout(0), dense(800)]),
};

const FUSED: readonly Fusion[] = ['none', 'layer', 'full'];

const OPTIMIZERS: Readonly<Record<string, { readonly optimizer: () => Optimizer; readonly fusions?: readonly Fusion[]; readonly more?: Partial<TrainerConfig> }>> = {
  sgd: { optimizer: () => sgd({ learningRate: 0.1, regularizers: [l1(1e-3), l2(1e-3)] }) },
  momentum: { optimizer: () => sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 1e-3, regularizers: [maxNorm(2)] }) },
  adam: { optimizer: () => adam({ regularizers: [l1(1e-4), activityL1(1e-4)] }), more: { averaging: ema() } },
  ftrl: { optimizer: () => ftrl({ learningRate: 0.1, regularizers: [l1(1e-3), l2(1e-3)] }) },
  lamb: { optimizer: () => lamb(), fusions: ['none'], more: { onNonFinite: 'skip' } },
  clipped: { optimizer: () => sgd({ learningRate: 0.1, clip: clipByGlobalNorm(1) }), fusions: ['none'], more: { accumulate: 3 } },
  orthogonal: { optimizer: () => sgd({ learningRate: 0.1, regularizers: [orthogonal(1e-3)] }), fusions: ['none'] },
};

const ADAPTERS: readonly AdapterTraits[] = [
  { state: 'software', name: 'SwiftShader', subgroups: true }, { state: 'software', name: 'llvmpipe', subgroups: false },
  { state: 'hardware', name: 'a GPU', subgroups: true },
];

const hash = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
const words = (table: Uint32Array | Uint8Array): string => hash(new Uint8Array(table.buffer, table.byteOffset, table.byteLength));

const dispatchText = (dispatch: Dispatch): string => {
  const { kernel, label, grid, bindings, flops, bytes } = dispatch;
  return [kernel, label, hash(wgslOf(dispatch)), grid.join('x'), bindings.map(({ name, access, buffer }) => `${name} ${access} ${buffer}`).join(', '), flops, bytes].join(' | ');
};

/** Places without the values' names, in the order in which they are written. */
const planText = ({ name, dispatches, buffers, placements, tables }: Plan): string[] => [
  name, ...dispatches.map(dispatchText),
  JSON.stringify(buffers),
  Object.values(placements).map(({ buffer, offset, stride }) => `${buffer}+${offset}/${stride}`).join(' '),
  ...Object.entries(tables).map(([table, contents]) => `${table} ${words(contents)}`),
];

const DATA = { name: 'data', format: 'u8', inputWords: 4, scale: 1 / 255, offset: 0 } as const;

function graphsOf(build: Build): Graph[] {
  return [
    trainGraph(build, DATA), trainGraph(build, { ...DATA, format: 'f32', inputWords: 16 }), evaluateGraph(build, DATA), predictGraph(build, DATA),
    ...(build.rule.average ? [evaluateGraph(build, DATA, 'average'), predictGraph(build, DATA, 'average')] : []),
    snapshotGraph(build), sumsGraph(build), ...build.orthogonalLayers.map((layer) => gramGraph(build, build.network.layers[layer]!)),
  ];
}

const buffersText = (build: Build): string => residentBuffers(build)
  .map(({ name, bytes, category, contents }) => `${name} ${bytes} ${category}${contents === undefined ? '' : ` ${words(contents)}`}`).join(', ');

/** One line of hashes per combination, and the text behind it. */
export function plansOf(): Map<string, string> {
  const found = new Map<string, string>();
  for (const [network, model] of Object.entries(NETWORKS)) {
    for (const [rule, { optimizer, fusions = FUSED, more }] of Object.entries(OPTIMIZERS)) {
      if (network === 'single' && rule === 'adam') continue; // Its only layer makes the logits: no activity to penalise.
      for (const fusion of fusions) {
        for (const replicas of [1, 3]) {
          for (const adapter of ADAPTERS) {
            const { build } = prepare({
              model: model(), loss: softmaxCrossEntropy(), optimizer: optimizer(), batchSize: network === 'flagship' ? 128 : 19,
              replicas: Array.from({ length: replicas }, () => ({})), fusion, maxStepsPerSubmit: 16, ...more,
            }, adapter);
            found.set([network, rule, fusion, `R=${replicas}`, adapter.name].join(' '),
              [buffersText(build), ...graphsOf(build).flatMap((graph) => planText(makePlan(graph)))].join('\n'));
          }
        }
      }
    }
  }
  return found;
}

export const hashesOf = (plans: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries([...plans].map(([name, text]) => [name, hash(text)]));
