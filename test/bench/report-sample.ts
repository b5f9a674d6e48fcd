/** A whole report as the suites write it, its figures made up: for tests of the page, never a measurement. */
import { peerRows, resultOf, type Measured } from '../../src/bench/peers/rows.ts';
import type { BenchReport, Result, SuiteName, Unit } from '../../src/bench/types.ts';
import { uniforms } from '../../src/random.ts';

const MILLISECONDS = 'ms', PEAK = 32, BANDWIDTH = 18;

/** Samples around a median, a few per cent apart, always the same ones. */
const around = (median: number, count = 5, spread = 0.03): number[] =>
  Array.from(uniforms(count, 7, Math.round(1000 * median)), (u) => median * (1 + spread * (2 * u - 1)));

const made = (key: string, unit: Unit, samples: readonly number[], more: Pick<Result, 'label' | 'meaning'> & Partial<Result>): Result => ({
  key, suite: key.split('/')[0] as SuiteName, unit, better: /\//.test(unit) ? 'higher' : 'lower', samples, parameters: {}, derived: {}, ...more,
});

const ceilings = (): Result[] => [
  made('ceilings/fma', 'GFLOP/s', around(PEAK), {
    label: 'FMA peak', meaning: 'f32 multiply-adds, two operations each, in registers only: the fastest of several ways to write them, by its median.',
    parameters: { variant: '16 vec4f', workgroups: 64 }, derived: { '8 vec4f, GFLOP/s': 27, '16 vec4f, GFLOP/s': PEAK, '16 mat4, GFLOP/s': 21 },
  }),
  ...[64, 1].map((mebibytes) => made(`ceilings/copy/bytes=${mebibytes * 2 ** 20}`, 'GB/s', around(mebibytes === 1 ? 31 : BANDWIDTH), {
    label: `copy of ${mebibytes} MiB${mebibytes === 1 ? ', in cache' : ''}`,
    meaning: `Bytes read and written by a kernel that copies ${mebibytes} MiB of vec4f${mebibytes === 1 ? ', small enough for caches' : ''}: the fastest of several ways to write it, by its median.`,
    parameters: { variant: '4 vec4f a thread', bytes: mebibytes * 2 ** 20 }, derived: { '1 vec4f a thread, GB/s': 15, '4 vec4f a thread, GB/s': 18 },
  })),
  made('ceilings/dispatch', 'us', around(4.4), {
    label: 'dispatch', meaning: 'One more dispatch in a pass, each needing the one before: encoded, submitted and run. The slope between passes of 256 and 4096.',
    parameters: { few: 256, many: 4096 }, derived: { 'rest of a submit, us': 610 },
  }),
  made('ceilings/read', 'us', around(820, 5, 0.2), {
    label: 'submit to read', meaning: 'From the submit of one tiny dispatch to its result on the CPU, one after the other, with the wait that fit uses.',
  }),
];

const DISPATCHES: readonly (readonly [label: string, kernel: string, milliseconds: number, flops: number, bytes: number, tile?: string])[] = [
  ['gather', 'gather', 0.21, 0, 501_760],
  ['layers.0 forward', 'dense-forward', 16.1, 200.7e6, 4.05e6, 'quad-16x8'], ['layers.1 forward', 'dense-forward', 10.6, 128e6, 2.8e6, 'quad-16x8'],
  ['layers.2 forward', 'dense-forward', 0.41, 1.28e6, 0.28e6, 'direct-4x4@4x16'], ['loss', 'softmax-cross-entropy', 0.05, 0, 10_240],
  ['layers.2 weight gradient and update', 'dense-weight-update', 0.58, 1.28e6, 0.3e6, 'direct-4x4@4x16'],
  ['layers.2 input gradient', 'dense-input-gradient', 0.49, 1.28e6, 0.3e6, 'quad-16x8'],
  ['layers.1 weight gradient and update', 'dense-weight-update', 15.9, 128e6, 8.8e6, 'quad-16x8'],
  ['layers.1 input gradient', 'dense-input-gradient', 10.9, 128e6, 2.8e6, 'quad-16x8'],
  ['layers.0 weight gradient and update', 'dense-weight-update', 23.8, 200.7e6, 13.5e6, 'quad-16x8'],
];

const NETWORK = { network: '784-1000-500-10' };
const kernel = (label: string, milliseconds: number, flops: number, bytes: number, parameters: Result['parameters'], derived: Result['derived']): Result =>
  made(`kernels/${label.replaceAll(' ', '-')}`, MILLISECONDS, around(milliseconds), {
    label, meaning: `Milliseconds of ${label}, over and over in one pass, each submit ended by a readback.`, parameters: { ...NETWORK, batch: 128, ...parameters },
    derived: {
      ...(flops > 0 && { 'GFLOP/s': flops / milliseconds / 1e6 }), 'GB/s': bytes / milliseconds / 1e6,
      ...(flops > 0 && { 'share of FMA ceiling': flops / milliseconds / 1e6 / PEAK }), 'share of copy bandwidth': bytes / milliseconds / 1e6 / BANDWIDTH, ...derived,
    },
  });

const kernels = (): Result[] => [
  kernel('whole step', 80.4, 789e6, 34e6, { fusion: 'layer', dispatches: 10 }, { 'sum of its dispatches, ms': 79 }),
  kernel('whole inference', 28.2, 330e6, 7.6e6, { fusion: 'layer', dispatches: 5 }, {}),
  ...DISPATCHES.map(([label, name, milliseconds, flops, bytes, tile]) =>
    kernel(label, milliseconds, flops, bytes, { kernel: name, ...(tile !== undefined && { tile }), grid: '8 x 2 x 1' }, { 'share of the step': milliseconds / 80.4 })),
];

const step = (optimizer: string, batch: number, replicas: number, milliseconds: number): Result =>
  made(`step/${optimizer}/batch=${batch}/replicas=${replicas}`, MILLISECONDS, around(milliseconds), {
    label: `${optimizer}, batch ${batch}, ${replicas} replica${replicas === 1 ? '' : 's'}`,
    meaning: 'Milliseconds per training step of all replicas in one call of fit, over 1 s of steps or more, ended by a readback.',
    parameters: { ...NETWORK, dropout: '0.2/0.5/0.5', images: 16_384, optimizer, batch, replicas, penalty: 'L2 1e-4', tiles: 'default' },
    derived: {
      'images/s': (1000 * batch * replicas) / milliseconds, 'GFLOP/s': (6.17e6 * batch * replicas) / milliseconds / 1e6,
      'share of FMA ceiling': (6.17 * batch * replicas) / milliseconds / PEAK, 'encode per step, us': 21, 'longest encode, ms': 0.4, 'main-thread tasks over 50 ms': 0,
    },
  });

/** Per image and per step, made up. */
const stepTime = (batch: number, replicas: number): number => replicas * (14 + 0.54 * batch);
const OPTIMIZERS = { sgd: 78, nesterov: 84, adagrad: 86, rmsprop: 88, adadelta: 97, adam: 94, adamw: 94, amsgrad: 99, adamax: 93, nadam: 95, lion: 84, lamb: 105, lars: 92, ftrl: 101 };
const steps = (): Result[] => [
  ...[1, 8].flatMap((replicas) => [32, 128, 1024].map((batch) => step('momentum', batch, replicas, stepTime(batch, replicas)))),
  step('momentum', 32, 32, stepTime(32, 32)),
  ...Object.entries(OPTIMIZERS).map(([optimizer, milliseconds]) => step(optimizer, 128, 1, milliseconds)),
];

const epoch = (): Result => made('epoch/momentum/batch=128/replicas=1', MILLISECONDS, around(7100), {
  label: '10112 images, batch 128',
  meaning: 'Milliseconds per epoch of fit with validation at its end, on as many of 60000 images as fit the budget of 60 s. Overhead is what its steps do not take, validation included.',
  parameters: { ...NETWORK, dropout: '0.2/0.5/0.5', images: 10_112, validation: 1686, batch: 128, replicas: 1, optimizer: 'momentum' },
  derived: { 'images/s': 1424, 'steps, ms': 6620, 'overhead, ms': 480, 'validation, ms': 402, 'step, ms': 83.8 },
});

const inference = (): Result[] => [
  ...([[32, 3100], [1024, 5240]] as const).map(([batch, speed]) => made(`inference/batch=${batch}`, 'images/s', around(speed), {
    label: `batch ${batch}`, meaning: 'Images per second through evaluate, forward pass and loss, the images resident on the adapter, every result read back.',
    parameters: { ...NETWORK, dropout: '0.2/0.5/0.5', images: 10_000, batch }, derived: { 'all images, ms': 1e7 / speed },
  })),
  made('inference/latency', MILLISECONDS, around(3.1), {
    label: 'one image', meaning: 'Milliseconds from the call of predict with one image to its probabilities in main memory, at batch size 1, one call after the other.',
    parameters: { ...NETWORK, dropout: '0.2/0.5/0.5', images: 1, batch: 1 },
  }),
];

const LIBRARIES = { gradshader: [1180, 52_300], 'jax-js': [1120, 103_400], tfjs: [4050, 262_100] } as const;
const cold = (): Result[] => {
  const parameters = { backend: 'webgpu', batch: 128 };
  return [
    ...Object.entries(LIBRARIES).flatMap(([library, [milliseconds, bytes]]) => [
      made(`cold/${library}`, MILLISECONDS, around(milliseconds, 5, 0.06), {
        label: library, parameters: { library, ...parameters },
        meaning: 'Time from the start of a page load to the loss of the first training step of 784-1000-500-10, in a browser started for it with a new profile: HTTP, code and shader caches are empty; the files of the browser itself are in the system\'s cache.',
        derived: library === 'gradshader'
          ? { 'HTML and script, ms': 92, 'adapter and device, ms': 151, 'weights, buffers and pipelines, ms': 760, 'data and first step, ms': 177 }
          : { 'HTML and script, ms': 0.1 * milliseconds, 'adapter and device, ms': 140, 'weights, ms': 30, 'data and first step, ms': 0.9 * milliseconds - 170 },
      }),
      made(`cold/bytes/${library}`, 'bytes', [bytes], {
        label: `${library}: bytes loaded`, meaning: 'Bytes of HTML and minified scripts that a page which only trains this network loads, compressed by gzip.',
        parameters: { library, ...parameters }, derived: { 'uncompressed, bytes': 3.4 * bytes },
      }),
    ]),
    ...(['jax-js', 'tfjs'] as const).map((library) => made(`cold/ratio/${library}`, 'ratio', around(LIBRARIES[library][0] / LIBRARIES.gradshader[0], 5, 0.08), {
      label: `${library} / gradshader`, better: 'higher', parameters: { library, ...parameters },
      meaning: `How many times as long ${library} takes from page load to first step; each sample is a pair of runs, one after the other.`,
    })),
  ];
};

const PEERS = [['jax-js', 'webgpu', 301, 0.122], ['TensorFlow.js', 'webgpu', 1262, 0.71], ['jax-js', 'wasm', 20.4, 0.021], ['TensorFlow.js', 'wasm', 134, 0.064]] as const;

function peers(): Result[] {
  const contestant = (library: string, backend: string, way: string) => ({
    name: library === 'gradshader' ? library : `${library} ${backend}`, library, backend, version: '1.2.3', way, notes: () => ({}), prepare: () => Promise.reject(new Error('made up')),
  });
  const works = [['train/batch=128', 'train', 90], ['inference/batch=32', 'infer', 0.31], ['inference/batch=1024', 'infer', 0.19]] as const;
  return works.flatMap(([what, kind, milliseconds]): Result[] => {
    const own = around(milliseconds), parameters = { ...NETWORK, batch: Number(what.split('=')[1]), ...(kind === 'train' && { optimizer: 'momentum', dropout: '0.2/0.5/0.5' }), images: 10_000 };
    return [
      ...PEERS.flatMap(([library, backend, training, inferring]) => {
        const time = kind === 'train' ? training : inferring;
        const ways: Measured['ways'] = [
          { contestant: contestant(library, backend, library === 'jax-js' ? 'one jit per step' : 'trainOnBatch'), samples: around(time) },
          ...(library === 'jax-js' ? [] : [{ contestant: contestant(library, backend, 'optimizer loop'), samples: around(1.2 * time) }]),
        ];
        return peerRows({ what, kind, parameters, own, ways });
      }),
      resultOf({ what, kind, parameters }, contestant('gradshader', 'webgpu', 'fit'), own),
    ];
  }).concat(PEERS.map(([library, backend]) => made(`peers/agreement/${library} ${backend}/jit`, 'difference', around(2e-7, 10, 0.9), {
    label: `${library} ${backend}, jit: losses`, meaning: 'Difference of the loss from gradshader\'s in each of 10 steps without dropout, same weights and batches.',
    parameters: { library, backend, way: 'jit' }, derived: { 'from gradshader': 3.1e-7, 'from float64': 2.6e-7 },
  })));
}

/** Of a software adapter in Chrome: every suite, and an omission of most. */
export const sampleReport = (): BenchReport => ({
  format: 1, date: '2026-11-21T08:00:00.000Z', version: '1.2.3', command: 'gradshader bench --host chrome',
  host: { name: 'chrome', version: 'Chrome/147.0.7727.24', platform: 'linux x64', cores: 2 },
  adapter: {
    state: 'software', name: 'SwiftShader (google swiftshader, software)', vendor: 'google', architecture: 'swiftshader', device: '', description: '',
    limits: { maxBufferSize: 2 ** 30, maxStorageBufferBindingSize: 2 ** 30, maxComputeInvocationsPerWorkgroup: 256, maxComputeWorkgroupStorageSize: 16_384, maxBindGroups: 4 },
    features: ['core-features-and-limits', 'shader-f16', 'subgroups', 'timestamp-query'],
  },
  choice: {
    network: '784-1000-500-10, batch 128', fusion: 'layer', 'forward tiles': 'quad-16x8, narrow direct-4x4@4x16', 'input gradient tiles': 'quad-16x8, narrow direct-4x4@4x16',
    'weight gradient tiles': 'quad-16x8, narrow direct-4x4@4x16',
    dispatches: 'gather 98 x 1 x 1, dense-forward 16 x 1 x 1, dense-forward 8 x 1 x 1, dense-forward 1 x 2 x 1, softmax-cross-entropy 2 x 1 x 1, dense-weight-update 16 x 7 x 1',
  },
  results: [...ceilings(), ...kernels(), ...steps(), epoch(), ...inference(), ...cold(), ...peers()],
  omissions: [
    { suite: 'step', key: 'step/momentum/batch=1024/replicas=32', reason: 'By what was measured so far it would take 126 s, more than the budget of 60 s. Raise the budget.' },
    { suite: 'peers', key: 'peers/PyTorch CPU', reason: 'A page cannot start Python: run the bench with --host node.' },
  ],
});

/** An earlier run of the same, everything a little slower, and one thing that is not measured any more. */
export const earlierReport = (): BenchReport => {
  const now = sampleReport();
  const results = now.results.map((one) => ({ ...one, samples: one.samples.map((sample, i) => sample * (one.better === 'lower' ? 1.1 + 0.01 * i : 0.9)) }));
  return { ...now, date: '2026-11-14T08:00:00.000Z', version: '1.2.2', results: [...results.slice(1), made('epoch/gone', MILLISECONDS, [1], { label: 'gone', meaning: 'Nothing.' })] };
};
