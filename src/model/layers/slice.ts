import { InputError } from '../../errors.ts';
import { checkOptions, demandWhole } from '../../options.ts';
import { sizeOf, type LayerType } from './layer.ts';

export interface Slice {
  readonly type: 'slice';
  readonly start: number;
  readonly end: number;
}

export const sliceLayer: LayerType<Slice> = {
  type: 'slice',
  maker: 'slice(start, end)',
  check(settings) {
    const { start, end } = checkOptions('slice', settings, ['type', 'start', 'end']);
    demandWhole('slice: start', start, 0);
    demandWhole('slice: end', end);
    if (end <= start) throw new InputError(`slice: end must be above start, ${start}, got ${end}.`);
  },
  shape([input], { start, end }) {
    if (end > sizeOf(input!)) throw new InputError(`slice(${start}, ${end}) reaches beyond the ${sizeOf(input!)} elements there are.`);
    return [end - start];
  },
  title: ({ start, end }) => `slice ${start} to ${end}`,
  forward: (emit, { inputs, settings: { start, end } }) => emit.slice(inputs[0]!, start, end - start),
  backward: (emit, delta, _output, { inputs: [input], settings: { start } }) => [emit.wantsGradient(input!) ? emit.sliceGradient(delta, start, input!) : undefined],
};
