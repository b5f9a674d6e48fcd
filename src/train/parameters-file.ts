/** Weights alone, out of a file of whatever origin. */

import { BadFileError } from '../errors.ts';
import { checkSums } from '../files/checksums.ts';
import { refusedValue, type NonFiniteOption } from '../files/finite.ts';
import { asFloat32, quote, type Tensor } from '../files/safetensors-format.ts';
import { readSafetensors } from '../files/safetensors-read.ts';
import { checkOptions, demandOneOf } from '../options.ts';
import { isSummed } from './training-state.ts';
import { withShape, type ShapedArray } from './shaped.ts';

export interface ParametersOptions extends NonFiniteOption {
  /**
   * How weights lie in the file: 'out-in', [outputs, inputs] as here and in PyTorch, or 'in-out', [inputs, outputs] as in
   * Keras and JAX; these are turned. Default: as the shapes of weights and biases say. A square weight says nothing, nor
   * does one without its bias: then, unless gradshader wrote the file, it must be given.
   */
  readonly layout?: 'out-in' | 'in-out';
}

const LAYOUTS = ['out-in', 'in-out'] as const;
type Layout = (typeof LAYOUTS)[number];

type Fail = (name: string, reason: string) => never;

const TURN = "pass { layout: 'in-out' } to readParameters, and they are turned";

/** What the shapes say of a weight's layout; replicas are a leading axis of both. */
function layoutOf(weight: readonly number[], bias: readonly number[] | undefined): Layout | 'neither' | undefined {
  const [rows, columns] = weight.slice(-2);
  if (bias === undefined || rows === columns) return undefined;
  const outputs = bias.at(-1), agree = bias.slice(0, -1).join() === weight.slice(0, -2).join();
  if (agree && outputs === rows) return 'out-in';
  return agree && outputs === columns ? 'in-out' : 'neither';
}

/** How many names of a file a message shows. */
const SHOWN = 8;

const namesText = (names: readonly string[]): string =>
  `it holds no tensor named layers.N.weight or layers.N.bias, ${names.length === 0 ? 'nor any other' : `but ${names.slice(0, SHOWN).map(quote).join(', ')}${names.length > SHOWN ? `, ... (${names.length})` : ''}`}. `
  + 'Name them as parameters() of the trainer does, before the file is written.';

/** [..., a, b] to [..., b, a]. */
function turned(values: Float32Array, shape: readonly number[]): ShapedArray {
  const [rows, columns] = shape.slice(-2) as [number, number], out = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += rows * columns) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) out[start + column * rows + row] = values[start + row * columns + column]!;
    }
  }
  return withShape(out, [...shape.slice(0, -2), columns, rows]);
}

/** The layout of a weight in a file. @throws BadFileError where it is not said, or said to be another than it is */
function checkedLayout(name: string, weight: Tensor, bias: Tensor | undefined, stated: Layout | undefined, fail: Fail): Layout {
  const { shape } = weight, seen = layoutOf(shape, bias?.shape);
  if (shape.length < 2) return fail(name, `should have two axes, or three with replicas, has the shape [${shape}].`);
  if (seen === 'neither') return fail(name, `[${shape}] and its bias [${bias!.shape}] are not of one layer.`);
  if (stated === undefined) {
    if (seen === 'in-out') return fail(name, `is [${shape}] and its bias [${bias!.shape}]: it lies as [inputs, outputs], and parameters here as [outputs, inputs]. If all weights of the file do, ${TURN}.`);
    return seen ?? fail(name, `[${shape}] does not say whether it lies as [outputs, inputs] or as [inputs, outputs]: pass { layout: 'out-in' } or { layout: 'in-out' } to readParameters.`);
  }
  if (seen !== undefined && seen !== stated) return fail(name, `[${shape}] with its bias [${bias!.shape}] lies as '${seen}', not as the '${stated}' that was given.`);
  return stated;
}

/**
 * The parameters in a safetensors file by name, weights as [outputs, inputs], each with its `shape`: weights alone, of
 * whatever origin. `setParameters` compares the shapes.
 * @param file a name for messages
 * @throws BadFileError when the file breaks the format, was damaged since gradshader wrote it, holds no `layers.*`, one that
 * is not F32, a weight whose layout is not sure, or a value that is not finite unless `nonFinite` allows it; InputError for a
 * layout that there is not
 */
export function readParameters(bytes: Uint8Array, file = 'parameters', options: ParametersOptions = {}): Map<string, ShapedArray> {
  const { layout } = checkOptions<ParametersOptions>('readParameters', options, ['layout', 'nonFinite']);
  if (layout !== undefined) demandOneOf('readParameters: layout', layout, LAYOUTS);
  const { tensors, metadata } = readSafetensors(bytes, file), format = metadata['gradshader.format'];
  checkSums(tensors, metadata, file, !isSummed(format));
  const found = [...tensors].filter(([name]) => name.startsWith('layers.'));
  if (found.length === 0) throw new BadFileError(file, namesText([...tensors.keys()]));
  const fail: Fail = (name, reason) => {
    throw new BadFileError(file, `tensor ${quote(name)} ${reason}`);
  };
  const stated = layout ?? (format === undefined ? undefined : 'out-in');
  return new Map(found.map(([name, tensor]) => {
    if (tensor.dtype !== 'F32') fail(name, `should be F32, is ${tensor.dtype}.`);
    const values = asFloat32(tensor), refused = refusedValue(values, options);
    if (refused !== undefined) throw new BadFileError(file, `tensor ${quote(name)}: ${refused}`);
    if (!name.endsWith('.weight')) return [name, withShape(values, tensor.shape)];
    const own = checkedLayout(name, tensor, tensors.get(name.replace(/weight$/, 'bias')), stated, fail);
    return [name, own === 'in-out' ? turned(values, tensor.shape) : withShape(values, tensor.shape)];
  }));
}
