import { requireFields, requireWithin } from './check.ts';
import { scaledUpdate, type ScaledUpdateOptions } from './scaled-update.ts';
import type { Parameter, Updated } from './update.ts';

/** A tensor that lies somewhere in two arrays. */
export interface ReferenceView extends Omit<Parameter, 'weights'> {
  /** First element among the parameters, and among the gradients. */
  readonly weights: number;
  readonly gradients: number;
  readonly length: number;
}

export interface ViewUpdateOptions extends Pick<ScaledUpdateOptions, 't' | 'clip' | 'skip'> {
  readonly parameters: ArrayLike<number>;
  readonly gradients: ArrayLike<number>;
  readonly views: readonly ReferenceView[];
}

export interface ViewUpdateResult {
  /** As they were but for the views. */
  readonly parameters: Float64Array;
  readonly tensors: readonly Updated[];
  readonly skipped: boolean;
}

const slice = (values: ArrayLike<number>, at: number, length: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => values[at + i]!);

/** The tensors behind the views. Throws InputError for a view that ends outside its array. */
export function viewTensors(options: ViewUpdateOptions): ScaledUpdateOptions['tensors'] {
  const { parameters, gradients, views } = requireFields('view', options, {
    parameters: 'values', gradients: 'values', views: 'objects', t: 'size', clip: 'object?', skip: 'flag?',
  });
  return views.map((view) => {
    const { weights, gradients: gradient, length, state, hyperparameters } = requireFields('view', view, {
      weights: 'size', gradients: 'size', length: 'size', state: 'object', hyperparameters: 'object',
    });
    requireWithin('view', 'parameters', parameters, weights, length);
    requireWithin('view', 'gradients', gradients, gradient, length);
    return { weights: slice(parameters, weights, length), gradient: slice(gradients, gradient, length), state, hyperparameters };
  });
}

/** scaledUpdate on tensors that lie anywhere in shared arrays. Throws InputError as `scaledUpdate` does. */
export function viewUpdate(options: ViewUpdateOptions): ViewUpdateResult {
  const given = viewTensors(options), { parameters, views, t, clip, skip } = options;
  const { tensors, skipped } = scaledUpdate({ tensors: given, t, clip, skip });
  const out = Float64Array.from(parameters);
  tensors.forEach(({ weights }, i) => out.set(weights, views[i]!.weights));
  return { parameters: out, tensors, skipped };
}
