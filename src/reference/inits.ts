/** How parameters begin, by plain formulas in float64; the draws are those of every host. */
import { demandOneOf } from '../options.ts';
import { normals, truncatedNormals, uniforms } from '../random.ts';
import { requireFields, requireKind } from './check.ts';

const SPREADS = ['Normal', 'TruncatedNormal', 'Uniform'] as const;
const NAMES = [
  ...['he', 'glorot', 'lecun'].flatMap((name) => SPREADS.map((spread) => name + spread)),
  'randomUniform', 'randomNormal', 'constant', 'zeros', 'randomOrthogonal', 'identity',
];

/** What some cannot do without. */
const NUMBERS: Readonly<Record<string, readonly (keyof ReferenceInit)[]>> = { randomUniform: ['low', 'high'], randomNormal: ['mean', 'deviation'], constant: ['value'] };

/** An init as a model's layers have it: `{ type: 'heNormal', gain: 2 }`. */
export interface ReferenceInit {
  readonly type: string;
  readonly gain?: number | undefined;
  readonly mode?: string | undefined;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  readonly mean?: number | undefined;
  readonly deviation?: number | undefined;
  readonly value?: number | undefined;
}

export interface Filled {
  /** Rows and columns: a weight's inputs and outputs, or 1 and a bias's. */
  readonly rows: number;
  readonly columns: number;
  readonly fanIn: number;
  readonly fanOut: number;
  readonly seed: number;
  readonly stream: number;
}

/** Throws InputError unless it is one. */
export function requireInit(init: ReferenceInit | undefined): void {
  if (init === undefined) return;
  const { type, mode = 'fanIn' } = requireFields('network: init', init, {
    type: 'text', gain: 'number?', mode: 'text?', low: 'number?', high: 'number?', mean: 'number?', deviation: 'number?', value: 'number?',
  });
  demandOneOf('network: init: type', type, NAMES);
  demandOneOf('network: init: mode', mode, ['fanIn', 'fanOut']);
  for (const name of NUMBERS[type] ?? []) requireKind('network: init', name, init[name], 'number');
}

/** He et al. 2015: 2 / fan; LeCun et al. 1998: 1 / fan; Glorot, Bengio 2010: 2 / (inputs + outputs). */
function varianceOf({ type, mode }: ReferenceInit, { fanIn, fanOut }: Filled): number {
  const fan = mode === 'fanOut' ? fanOut : fanIn;
  if (type.startsWith('glorot')) return 2 / (fanIn + fanOut);
  return type.startsWith('he') ? 2 / fan : 1 / fan;
}

/** The part of a normal distribution within two deviations has this variance: 1 - 4 p(2) / (P(2) - P(-2)). */
const TRUNCATED_VARIANCE = 0.7737413035499232;

/** Gram-Schmidt, every column twice (Giraud et al. 2005): of R's diagonal, all is positive by itself. */
function gramSchmidt(columns: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const column of columns) {
    let rest = column;
    for (const q of [...done, ...done]) {
      const along = q.reduce((sum, x, i) => sum + x * rest[i]!, 0);
      rest = rest.map((x, i) => x - along * q[i]!);
    }
    const norm = Math.sqrt(rest.reduce((sum, x) => sum + x * x, 0));
    done.push(rest.map((x) => x / norm));
  }
  return done;
}

function orthogonal(drawn: Float64Array, rows: number, columns: number): Float64Array {
  const isTall = rows >= columns, count = isTall ? columns : rows, length = isTall ? rows : columns;
  const place = (vector: number, i: number): number => (isTall ? i * columns + vector : vector * columns + i);
  const vectors = gramSchmidt(Array.from({ length: count }, (_, vector) => Float64Array.from({ length }, (_, i) => drawn[place(vector, i)]!)));
  const out = new Float64Array(drawn.length);
  vectors.forEach((q, vector) => q.forEach((x, i) => (out[place(vector, i)] = x)));
  return out;
}

/** All values, row after row, rounded to f32. */
export function filled(init: ReferenceInit, place: Filled): Float64Array {
  const { rows, columns, seed, stream } = place, length = rows * columns, { type, gain = 1 } = init;
  const scale = gain * Math.sqrt(varianceOf(init, place));
  const valueOf: Readonly<Record<string, () => Float64Array>> = {
    zeros: () => new Float64Array(length),
    constant: () => new Float64Array(length).fill(init.value!),
    identity: () => new Float64Array(length).map((_, i) => (Math.floor(i / columns) === i % columns ? gain : 0)),
    randomOrthogonal: () => orthogonal(normals(length, seed, stream), rows, columns).map((x) => gain * x),
    randomUniform: () => uniforms(length, seed, stream).map((u) => init.low! + (init.high! - init.low!) * u),
    randomNormal: () => normals(length, seed, stream).map((x) => init.mean! + init.deviation! * x),
    Uniform: () => uniforms(length, seed, stream).map((u) => Math.sqrt(3) * scale * (2 * u - 1)),
    Normal: () => normals(length, seed, stream).map((x) => scale * x),
    TruncatedNormal: () => truncatedNormals(length, seed, stream, 2).map((x) => (scale / Math.sqrt(TRUNCATED_VARIANCE)) * x),
  };
  const own = valueOf[type] ?? valueOf[type.replace(/^(he|glorot|lecun)/, '')]!;
  return own().map(Math.fround);
}
