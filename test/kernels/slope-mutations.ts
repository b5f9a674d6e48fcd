/** Mistakes where slopes are learned: in the kernels of their gradient, and where others read them. */
import type { Mutation } from './mutations.ts';

type Entry = readonly [what: string, from: string, to: string, inCase?: string];

const of = (kernel: string, usual: string, entries: readonly Entry[]): Mutation[] =>
  entries.map(([what, from, to, inCase = usual]) => ({ kernel, what, from, to, case: inCase }));

const ACTIVE = 'if (column4 >= COLUMNS4 || rows[replica].is_active == 0u) { return; }', THREE = 'three replicas, one inactive';
const UNIT = '13-1001, a slope for each column', LAYER = '13-1001, one for all';

/** Where replicas differ. */
const THREE_OF: Readonly<Record<string, string>> = {
  [UNIT]: THREE, 'prelu of width 33, a sum, pads stay zero': 'prelu and dropout, three replicas, one inactive',
  'prelu of width 33': 'prelu and what it is made from, dropout, three replicas',
};

const reading = (unit: string, layer: string): Entry[] => [
  ['every column has the first slopes', 'return parameters[at + column4];', 'return parameters[at];', unit],
  ['every replica has the first slopes', 'SLOPES_OFFSET + replica * PARAMETERS_STRIDE', 'SLOPES_OFFSET', THREE_OF[unit] ?? unit],
  ...(layer === '' ? [] : [['one slope is four', 'vec4f(parameters[at].x)', 'parameters[at]', layer] as const]),
];

export const slopeMutations: readonly Mutation[] = [
  ...of('slope-gradient', UNIT, [
    ...reading(UNIT, LAYER),
    ['the slope is not taken', 'select(a * gradient, gradient, is_above)', 'gradient'],
    ['above 0 it is taken, too', 'select(a * gradient, gradient, is_above)', 'a * gradient'],
    ['the other side of 0 is summed', 'select(z, vec4f(), is_above)', 'select(vec4f(), z, is_above)'],
    ['all z are summed', 'gradient * select(z, vec4f(), is_above)', 'gradient * z'],
    ['NaN is taken for 0', 'select(z, vec4f(), is_above)', 'select(vec4f(), z, z < vec4f())', 'NaN passes'],
    ['at 0 the derivative is 1', 'z > vec4f()', 'z >= vec4f()'],
    ['a part ends too soon', '(part + 1u) * PART_ROWS', '(part + 1u) * PART_ROWS - 1u'],
    ['parts overlap', 'var row = part * PART_ROWS;', 'var row = part;'],
    ['the last part goes beyond the batch', 'min((part + 1u) * PART_ROWS, ROWS)', '(part + 1u) * PART_ROWS', THREE],
    ['one vec4 is left out', 'column4] = sum;', 'column4] = select(sum, vec4f(), part == 1u && column4 == 1u);', THREE],
    ['every replica reads the first gradient', 'delta[DELTA_OFFSET + replica * DELTA_STRIDE + at]', 'delta[DELTA_OFFSET + at]', THREE],
    ['every replica reads the first z', 'stored[STORED_OFFSET + replica * STORED_STRIDE + at]', 'stored[STORED_OFFSET + at]', THREE],
    ['an inactive replica is written', ACTIVE, 'if (column4 >= COLUMNS4) { return; }', THREE],
  ]),
  ...of('slope-total', '129 vec4s', [
    ['the last vec4s are left out', 'i < LENGTH4;', 'i < LENGTH4 - 1u;'],
    ['only a thread\'s first vec4 is added', 'i += THREADS', 'i += LENGTH4', '1001 vec4s'],
    ['a column is left out', '(four.z + four.w)', 'four.z'],
    ['the tree is cut', 'width > 0u', 'width > 1u'],
    ['every replica reads the first parts', 'PARTS_OFFSET + replica * PARTS_STRIDE + i', 'PARTS_OFFSET + i', THREE],
    ['every replica writes the first gradient', 'SLOPE_OFFSET + replica * GRADIENTS_STRIDE', 'SLOPE_OFFSET', THREE],
    ['pads are not zero', ', 0.0, 0.0, 0.0);', ', 0.0, 0.0, 1.0);'],
    ['earlier batches are lost', 'total += gradients[at];', '', 'later batches of an update are added'],
    ['the first batch is added to what lay there', ' && rows[replica].starts_group == 0u', '', 'later batches of an update are added'],
    ['an inactive replica is written', 'if (rows[replica].is_active == 0u) { return; }', '', THREE],
  ]),
  ...of('map', 'prelu of width 33, a sum, pads stay zero', [
    ...reading('prelu of width 33, a sum, pads stay zero', 'prelu with one slope for all, three replicas, one inactive'),
    ['prelu: nothing leaks', 'select(a * z, z, z > vec4f())', 'select(vec4f(), z, z > vec4f())'],
    ['prelu: the sides are exchanged', 'select(a * z, z, z > vec4f())', 'select(z, a * z, z > vec4f())'],
  ]),
  ...of('dense-forward', 'prelu of width 33', reading('prelu of width 33', '')),
];
