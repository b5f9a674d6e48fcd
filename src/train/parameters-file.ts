/** Weights alone, out of a file of whatever origin. */

import { BadFileError } from '../errors.ts';
import { asFloat32 } from '../files/safetensors-format.ts';
import { readSafetensors } from '../files/safetensors-read.ts';

/**
 * The parameters in a safetensors file by name, in file layout: weights alone, of whatever origin.
 * @throws BadFileError when the file breaks the format, holds no `layers.*`, or one that is not F32
 */
export function readParameters(bytes: Uint8Array, file = 'parameters'): Map<string, Float32Array> {
  const found = [...readSafetensors(bytes, file).tensors].filter(([name]) => name.startsWith('layers.'));
  if (found.length === 0) throw new BadFileError(file, 'it holds no tensor named layers.N.weight or layers.N.bias.');
  return new Map(found.map(([name, tensor]) => {
    if (tensor.dtype !== 'F32') throw new BadFileError(file, `tensor ${name} should be F32, is ${tensor.dtype}.`);
    return [name, asFloat32(tensor)];
  }));
}
