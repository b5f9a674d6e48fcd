import { demandOneOf } from '../options.ts';
import { requireFields, requireWithin } from './check.ts';
import { unitConstraint, type UnitBounds } from './unit-constraint.ts';

export interface ViewUnitConstraintOptions {
  readonly parameters: ArrayLike<number>;
  /** First element of the weight. */
  readonly weights: number;
  readonly inputs: number;
  readonly outputs: number;
  /** 'in-out': [inputs, outputs], 'out-in': [outputs, inputs], both row-major. */
  readonly layout: 'in-out' | 'out-in';
  readonly bounds: UnitBounds;
}

/** unitConstraint on a weight that lies anywhere in an array, in either layout. Throws InputError as `unitConstraint` does. */
export function viewUnitConstraint(options: ViewUnitConstraintOptions): Float64Array {
  const { parameters, weights, inputs, outputs, layout, bounds } = requireFields('view', options, {
    parameters: 'values', weights: 'size', inputs: 'size', outputs: 'size', layout: 'text', bounds: 'object',
  });
  demandOneOf('view: layout', layout, ['in-out', 'out-in']);
  requireWithin('view', 'parameters', parameters, weights, inputs * outputs);
  const at = (i: number): number => {
    const [input, output] = [Math.floor(i / outputs), i % outputs];
    return weights + (layout === 'in-out' ? i : output * inputs + input);
  };
  const out = Float64Array.from(parameters);
  const own = Float64Array.from({ length: inputs * outputs }, (_, i) => parameters[at(i)]!);
  unitConstraint(own, inputs, outputs, bounds).forEach((w, i) => { out[at(i)] = w; });
  return out;
}
