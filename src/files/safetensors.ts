/** The safetensors file format. Writing and reading lie apart: a page that trains and saves need not load the reader. */

export { asFloat32, type Dtype, type Tensor } from './safetensors-format.ts';
export { readSafetensors } from './safetensors-read.ts';
export { f32Tensor, writeSafetensors } from './safetensors-write.ts';
