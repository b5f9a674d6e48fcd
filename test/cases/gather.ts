/** Gathering a batch from the resident data set. */
import { knowEverything } from '../../src/compile/all.ts';
import { gather } from '../../src/kernels/index.ts';
import { permutation } from '../../src/random.ts';
import { EPSILON, expectWords } from './compare.ts';
import { Contents, draw, pad4, place, words } from './contents.ts';
import { kernelCase, rowShape, withConstants, type Bench, type KernelCase, type Row } from './run-kernel.ts';
import { expectTwin } from './twin.ts';

knowEverything(); // Tables are asked for by name.

const SAMPLES = 11;
const STREAM = 0x0400_0000;

interface Options {
  readonly batch: number; readonly width: number; readonly rows: readonly Row[]; readonly format?: 'u8' | 'f32';
  readonly shuffled?: boolean; readonly dropout?: boolean; readonly workgroup?: number;
  /** Words of each label. Default 1. */
  readonly labelWords?: number;
  /** Whether the inputs are targets, before the labels. */
  readonly own?: boolean;
  /** Seen by a table: of each feature, or one for all. */
  readonly normalised?: 'feature' | 'all';
}

/** The data set as the words that lie on the GPU: bytes are padded to words per sample. */
function dataSet({ width, format = 'u8' }: Options): { inputs: Contents; inputWords: number } {
  const values = Float64Array.from(draw(SAMPLES * width, 1), (x) => (format === 'u8' ? Math.floor(128 * (x + 1)) : x));
  const inputWords = format === 'u8' ? Math.ceil(width / 4) : width;
  const inputs = new Contents(SAMPLES * inputWords);
  const bytes = new Uint8Array(inputs.words.buffer);
  values.forEach((value, i) => {
    const sample = Math.floor(i / width), column = i % width;
    if (format === 'u8') bytes[4 * sample * inputWords + column] = value;
    else inputs.floats[i] = value;
  });
  return { inputs, inputWords };
}

/**
 * Centers, factors and shifts, also where pads are. Targets are compared to the bit: with factors that are powers of two, and without
 * shifts, a difference is all that rounds.
 */
function tableOf({ width, format = 'u8', normalised, own = false }: Options): Contents | undefined {
  if (normalised === undefined) return undefined;
  const size = normalised === 'all' ? 4 : pad4(width), table = new Contents(3 * size), half = format === 'u8' ? 128 : 1;
  draw(3 * size, 2).forEach((u, at) => {
    // One for all is one for the four of a vec4.
    const i = normalised === 'all' ? at - (at % 4) : at, x = normalised === 'all' ? draw(3 * size, 2)[i]! : u;
    table.floats[at] = at < size ? half * (format === 'u8' ? 1 + x / 2 : x) : at < 2 * size ? (own ? 2 ** Math.round(2 * x) : 1 + x / 2) / half : own ? 0 : x;
  });
  return table;
}

/** Every replica's permutation, one after the other; a row's `order` says where its own starts. */
const orders = (replicas: number): Uint32Array =>
  Uint32Array.from({ length: replicas * SAMPLES }, (_, i) => permutation(SAMPLES, Math.floor(i / SAMPLES), 5, 0)[i % SAMPLES]!);

async function runGather(bench: Bench, options: Options): Promise<Contents> {
  const { batch, width, rows, format = 'u8', shuffled = true, dropout = false, workgroup = 64, labelWords = 1, own = false, normalised } = options, normalisation = tableOf(options);
  const { inputs, inputWords } = dataSet(options);
  const labels = Uint32Array.from({ length: SAMPLES * labelWords }, (_, i) => 7 * i + 3), targetWords = labelWords + (own ? width : 0);
  const output = place(batch, width);
  const result = await expectTwin(bench, {
    kernel: withConstants(gather, { WORKGROUP_X: workgroup }, (grid) => grid),
    shape: {
      row: rowShape(rows.length), rows: pad4(batch), columns: pad4(width), width, format, inputWords, normalised, shuffled,
      dropout: dropout ? { index: 0, stream: STREAM } : undefined, targetWords, labelWords,
    },
    rows, places: { output },
    buffers: {
      inputs, labels: labelWords === 0 ? new Contents(1) : words(labels), order: words(orders(rows.length)),
      output: Contents.of(output, rows.length), targets: new Contents(rows.length * pad4(batch) * targetWords), ...(normalisation && { normalisation }),
    },
    // Below 3: a difference, a product and a sum, each rounded once.
  }, { output: { relative: 2 * EPSILON, absolute: 2 * EPSILON } });
  return result['output']!;
}

const replicaRows: readonly Row[] = [
  { position: 0, count: 6, order: 0, step: 3, seed: 2 ** 33 + 9, dropouts: [0.5] },
  { position: 3, count: 6, order: SAMPLES, step: 3, seed: 4, dropouts: [0.5], active: false },
  { position: 6, count: 5, order: 2 * SAMPLES, step: 9, seed: 4, dropouts: [0.2] },
];

export const gatherCases: readonly KernelCase[] = [
  ...([[1, 1], [4, 5], [5, 255], [3, 257], [7, 784], [2, 1021], [2, 1029]] as const).flatMap(([batch, width]) =>
    (['u8', 'f32'] as const).map((format) => kernelCase('gather', `${batch}-${width} from ${format}`, async (bench) => {
      await runGather(bench, { batch, width, format, rows: [{ position: 2, count: batch }] });
    }))),
  ...([1, 3, 5, 13, 257, 1029] as const).flatMap((width) => (['u8', 'f32'] as const).flatMap((format) => (['feature', 'all'] as const).map((normalised) =>
    kernelCase('gather', `${width} normalised by ${normalised} from ${format}, pads stay 0, 4 of 6 samples count`, async (bench) => {
      await runGather(bench, { batch: 6, width, format, normalised, rows: [{ position: 2, count: 4 }] });
    })))),
  kernelCase('gather', 'normalised by feature, dropout, three replicas, one inactive; workgroup sizes agree bit for bit', async (bench) => {
    const small = await runGather(bench, { batch: 6, width: 70, rows: replicaRows, workgroup: 4, normalised: 'feature', dropout: true });
    expectWords('workgroups of 4', small.words, (await runGather(bench, { batch: 6, width: 70, rows: replicaRows, normalised: 'feature', dropout: true })).words);
  }),
  ...(['feature', 'all'] as const).flatMap((normalised) => (['u8', 'f32'] as const).map((format) =>
    kernelCase('gather', `5 inputs from ${format} as targets, normalised by ${normalised}, dropout, three replicas`, async (bench) => {
      await runGather(bench, { batch: 6, width: 5, rows: replicaRows, format, dropout: true, own: true, normalised });
    }))),
  ...[0, 1, 5].map((count) => kernelCase('gather', `${count} of 6 samples count, in order`, async (bench) => {
    await runGather(bench, { batch: 6, width: 9, shuffled: false, rows: [{ position: 6, count }] });
  })),
  kernelCase('gather', 'three replicas, one inactive; workgroup sizes agree bit for bit', async (bench) => {
    const small = await runGather(bench, { batch: 6, width: 70, rows: replicaRows, workgroup: 4 });
    expectWords('workgroups of 4', small.words, (await runGather(bench, { batch: 6, width: 70, rows: replicaRows })).words);
  }),
  ...[28, 29, 30, 31].map((width) => kernelCase('gather', `dropout of width ${width}`, async (bench) => {
    await runGather(bench, { batch: 6, width, rows: replicaRows, dropout: true, format: width % 2 === 0 ? 'u8' : 'f32' });
  })),
  ...[2, 3, 65, 101].map((labelWords) => kernelCase('gather', `labels of ${labelWords} words, three replicas, one inactive`, async (bench) => {
    await runGather(bench, { batch: 6, width: 9, rows: replicaRows, labelWords });
  })),
  kernelCase('gather', 'labels of 5 words, 4 of 6 samples count, in order', async (bench) => {
    await runGather(bench, { batch: 6, width: 9, shuffled: false, labelWords: 5, rows: [{ position: 3, count: 4 }] });
  }),
  ...(['u8', 'f32'] as const).flatMap((format) => [0, 1].flatMap((labelWords) => [
    ...[1, 5, 70].map((width) => kernelCase('gather', `${width} inputs from ${format} as targets, ${labelWords} words of labels, dropout, three replicas`, async (bench) => {
      await runGather(bench, { batch: 6, width, rows: replicaRows, format, dropout: true, own: true, labelWords });
    })),
    kernelCase('gather', `1029 inputs from ${format} as targets, ${labelWords} words of labels, 1 of 2 samples counts`, async (bench) => {
      await runGather(bench, { batch: 2, width: 1029, rows: [{ position: 2, count: 1 }], format, own: true, labelWords });
    }),
  ])),
];
