import { InputError } from '../../errors.ts';
import { checkOptions, demandWhole } from '../../options.ts';
import { gradientOf } from '../../ops/emit.ts';
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
  forward: (emit, { inputs: [input], settings: { start, end } }) => emit.columns(`${input!} ${start} to ${end}`, end - start, { input: input!, from: start, count: end - start }),
  backward: (emit, delta, _output, { inputs: [input], settings: { start, end } }) =>
    [emit.wantsGradient(input!) ? emit.columns(gradientOf(input!), emit.widthOf(input!), { input: delta, count: end - start, to: start }) : undefined],
};
