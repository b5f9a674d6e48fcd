import { tensorNorms, type TensorNorms } from './tensor-norms.ts';
import { viewTensors, type ViewUpdateOptions } from './view-update.ts';

/** tensorNorms of tensors that lie anywhere in shared arrays. Throws InputError as `update` does. */
export const viewNorms = (options: ViewUpdateOptions): TensorNorms[] =>
  viewTensors(options).map((tensor) => tensorNorms({ ...tensor, t: options.t }));
