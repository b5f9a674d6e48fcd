/** What the numbers that users give may be: from the docstrings, and from f32, in which the kernels compute. */

export type Bound = (value: number) => boolean;

/** IEEE 754 binary32: 0, or normal. Adapters may take what is below 2^-126 for 0. */
const isF32 = (value: number): boolean => value === 0 || (Math.abs(value) >= 2 ** -126 && Number.isFinite(Math.fround(value)));

const any: Bound = isF32, strength: Bound = (value) => isF32(value) && value >= 0, above0: Bound = (value) => isF32(value) && value > 0;
/** In [0, 1) where the kernels see it, too. */
const fraction: Bound = (value) => isF32(value) && value >= 0 && Math.fround(value) < 1;
const epsilon: Bound = (value) => isF32(value) && value >= 2 ** -126;
/** 32 random bits drop a value. */
const probability: Bound = (value) => value === 0 || (value >= 2 ** -32 && value < 1);
const whole = (least: number, most = Number.MAX_SAFE_INTEGER): Bound => (value) => Number.isSafeInteger(value) && value >= least && value <= most;
const seed = whole(0), count = whole(1);
const between = (low: number, high: number): Bound => (value) => value >= low && value <= high;
/** On the host, in double precision. */
const positive: Bound = (value) => value > 0 && value < Infinity;
/** A probability that decides something. */
const inside: Bound = (value) => value > 0 && value < 1;
const only = (...right: readonly number[]): Bound => (value) => right.includes(value);

/** By the name that comes last in a place. */
const NAMES: Readonly<Record<string, Bound>> = {
  learningRate: strength, weightDecay: strength, l1: strength, l2: strength, strength, learningRateDecay: strength, epsilonRoot: strength, beta: strength,
  initialAccumulator: strength, momentumDecay: strength, threshold: above0, trustCoefficient: above0, alpha: fraction, rho: fraction, beta1: fraction,
  beta2: fraction, momentum: fraction, dampening: fraction, decay: fraction, epsilon, epsilonHat: only(0, 1), rate: probability, dropout: probability, inputDropout: probability,
  smoothing: fraction, positiveWeight: above0, delta: above0, slope: strength, classWeights: strength, targetWidth: whole(0),
  units: count, inputShape: count, shape: count, classes: whole(1, 2 ** 32), scale: (value) => isF32(value) && value !== 0, offset: any,
  batchSize: count, accumulate: count, maxStepsPerSubmit: count, seed, memoryBudgetBytes: positive, targetSubmitMilliseconds: positive,
  start: count, every: count, firstPeriod: count, periodFactor: count, milestones: count, steps: count, patience: count, cooldown: whole(0), horizon: count, stepsPerSubmit: count,
  stepsInFlight: count, epochs: count, minimumChange: (value) => value >= 0 && value < Infinity, initial: any, final: any, warmFraction: between(0, 1),
  limit: count, maxCategories: whole(2), fill: any, deviations: positive, price: any, city: only(), age: (value) => Number.isNaN(value) || isF32(value),
  timeoutMilliseconds: (value) => value > 0 && value < 2 ** 31, maxBytes: (value) => value > 0 && value <= Number.MAX_SAFE_INTEGER,
  gain: between(2 ** -126, 2 ** 120), mean: any,
  // Beside -0.1, 0.1 and 0.1.
  low: (value) => isF32(value) && value < 0.1, high: (value) => isF32(value) && value > -0.1, deviation: (value) => above0(value) && isF32(0.1 + 7 * value),
};

/** Where the name alone does not tell, and arguments without one: as `whereOf` calls them, behind the function. */
const PLACES: Readonly<Record<string, Bound>> = {
  'dense 0': count, 'dropout 0': probability, 'mlp 0': count, 'mlp 1': count, 'sequential 0': count, 'clipByGlobalNorm 0': above0, 'clipByNorm 0': above0, 'clipByValue 0': above0,
  'ema 0': fraction, 'activityL1 0': strength, 'activityL2 0': strength, 'groupLasso 0': strength, 'l1 0': strength, 'l2 0': strength, 'maxNorm 0': strength, 'orthogonal 0': strength,
  'fromSklearn 0.alpha': strength, 'constant 0': any, 'randomNormal 0': any, 'randomNormal 1': (value) => above0(value) && isF32(0.1 + 7 * value),
  'randomUniform 0': (value) => isF32(value) && value < 0.1, 'randomUniform 1': (value) => isF32(value) && value > -0.1, 'cosine 0': any, 'exponential 0': any, 'oneCycle 0': any, 'polynomial 0': any, 'stepDecay 0': any, 'plateau 0': strength, 'warmUp 0': any,
  // Of 0.1 each: what they make has to be in f32, too.
  'exponential 1.factor': (value) => value <= 1 && above0(0.1 * value), 'stepDecay 1.factor': (value) => above0(value) && above0(0.1 * value ** 2),
  'oneCycle 1.divFactor': (value) => value >= 1 && above0(0.1 / value / 100), 'oneCycle 1.finalDivFactor': (value) => value >= 1 && above0(0.1 / 10 / value),
  'plateau 1.factor': (value) => value > 0 && value < 1, 'plateau 1.patience': whole(0), 'plateau 1.threshold': (value) => value >= 0 && value < 1, 'plateau 1.minimum': (value) => isF32(value) && value >= 0 && value <= 0.1,
  'polynomial 1.power': positive, 'ftrl 0.learningRate': above0, 'adagrad 0.epsilon': (value) => value === 0 || epsilon(value), 'lars 0.epsilon': (value) => value === 0 || epsilon(value),
  'topK 0': count, 'binaryAccuracy 0.threshold': inside, 'precision 0.threshold': inside, 'recall 0.threshold': inside, 'f1 0.threshold': inside, 'Trainer#classify 1.top': whole(0, 2), 'Trainer#inspect 1.samples': count,
  'normalize 0.minimum': any, 'normalize 0.maximum': any, 'normalize 0.deviation.0': above0, 'normalize 0.deviation.1': above0, 'shuffleTargets 1': seed, 'split 1.validation': (value) => (value > 0 && value < 1) || whole(1, 7)(value), 'subset 1.start': whole(0, 3), 'subset 1.end': whole(2, 8),
  'elu 0.alpha': strength, 'prelu 0.init': any, 'slice 0': whole(0, 2), 'input 0': count, 'slice 1': whole(2), 'tied 1.biasInit.value': any, 'smoothL1 0.beta': above0,
  // A column named in `categorical`: numbers are names there.
  'fromRows 0.0.city': (value) => !Number.isNaN(value), 'fromRows 0.1.city': (value) => !Number.isNaN(value),
  'fromRows 1.validation': (value) => (value > 0 && value < 1) || whole(1, 7)(value), 'loadCsv 1.validation': (value) => (value > 0 && value < 1) || whole(1, 2)(value),
  'loadCsv 1.clip.quantiles.0': (value) => value >= 0 && value < 0.9, 'loadCsv 1.clip.quantiles.1': (value) => value > 0.1 && value <= 1,
  'prepareRows 1.inputs.0.clip.0': (value) => value > -1e38 && value < 5.8, 'prepareRows 1.inputs.0.clip.1': (value) => value > 1.2 && value < 1e38,
  'balance 0.targetWidth': only(0), 'shuffleTargets 0.targetWidth': only(0, 1), 'split 0.targetWidth': only(0, 1), 'subset 0.targetWidth': only(0, 1), 'estimateMemory 1.train.targetWidth': only(0, 1),
  'Trainer#set 1': only(0), 'loadIdx 0.classes': whole(2, 2 ** 32),
  'createOptim 1.parameters.0.offset': whole(0), 'createOptim 1.parameters.0.gradient.offset': whole(0), 'createOptim 1.parameters.0.length': count,
};

/** A data set written by hand says these of itself: only the truth is taken. */
const OF_DATA: Readonly<Record<string, Bound>> = { length: only(8), width: only(4), shape: only(4), classes: whole(2, 2 ** 32), targetWidth: only(0) };
const HAS_DATA = /^(estimateMemory 1\.train|(balance|shuffleTargets|split|subset|Trainer#(fit|evaluate|inspect|verify|predict)) 0|Trainer#fit 1\.validation)\./;

/** `dataset` takes BigInts, and labels may be such in a data set written by hand, too. @param what is given where, as an attack says it */
export function takesBigInts(entry: string, what: string): boolean {
  const where = `${entry} ${what.replace('argument ', '')}`;
  return /\.(inputs|targets) = (a list of )?BigInts$/.test(where) && (where.startsWith('dataset 0.') || (HAS_DATA.test(where) && where.includes('.targets')));
}

/** Of two classes. */
const OF_METRICS = / 1\.metrics\.\d+\./;
const METRICS: Readonly<Record<string, Bound>> = { k: only(1), threshold: inside };

/** Of a number at a place; undefined where no table has it. */
export function boundOf(entry: string, parameter: number, path: readonly (string | number)[]): Bound | undefined {
  const where = `${entry} ${[parameter, ...path].join('.')}`, names = path.filter((part) => typeof part === 'string');
  const name = names.at(-1)?.split('.').at(-1) ?? '';
  const own = HAS_DATA.test(where) ? OF_DATA[name] : OF_METRICS.test(where) ? METRICS[name] : undefined;
  return PLACES[where] ?? own ?? PLACES[where.replace(/(\.\d+)+$/, '')] ?? NAMES[name];
}
