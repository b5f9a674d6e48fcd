/** Mistakes in the kernels behind penalties on activations and the orthogonal penalty. */
import type { Mutation } from './mutations.ts';
import { ZERO_TILE } from './tile-mutations.ts';

type Entry = readonly [what: string, from: string, to: string, inCase: string];

const of = (kernel: string, entries: readonly Entry[]): Mutation[] =>
  entries.map(([what, from, to, inCase]) => ({ kernel, what, from, to, case: inCase }));

const PLAIN = 'penalties on activations, a plain layer below';
const RELU = 'penalties on activations, ReLU and dropout below';

/** Mistakes in lib/layer-below.wgsl. */
const activityEntries: readonly Entry[] = [
  ['the l1 of activations is lost', 'h.activity_l1 * sign(stored)', 'vec4f()', PLAIN],
  ['the l1 of activations forgets their signs', 'h.activity_l1 * sign(stored)', 'h.activity_l1 * vec4f(1.0)', PLAIN],
  ['the l1 of activations reaches zeros', 'h.activity_l1 * sign(stored)', 'h.activity_l1 * select(vec4f(-1.0), vec4f(1.0), stored >= vec4f())', PLAIN],
  ['the l2 of activations is lost', ' + h.activity_l2 * stored', '', PLAIN],
  ['the penalty takes the gradient\'s place', 'value += activity_gradient', 'value = activity_gradient', PLAIN],
  ['the first tensor\'s strengths are taken', 'group_of(replica, ACTIVITY_TENSOR)', 'group_of(replica, 0u)', PLAIN],
  ['the tensor is taken for its group', 'group_of(replica, ACTIVITY_TENSOR)', 'ACTIVITY_TENSOR', PLAIN],
  ['rows past count are penalised', 'if (row >= rows[replica].count) { return vec4f(); }', '', PLAIN],
  ['the penalty is a sum, not a mean', 'stored) / f32(rows[replica].group_count);', 'stored);', PLAIN],
  ['the mean is over the batch, not over the update', 'stored) / f32(rows[replica].group_count);', 'stored) / f32(rows[replica].count);', PLAIN],
  ['the penalty forgets dropout\'s scale', 'value += activity_gradient(replica, row, stored);', 'value += activity_gradient(replica, row, stored) / rows[replica].layers[DROPOUT_INDEX].scale;', RELU],
];

const MANY = 'five replicas: inactive, strength 0, in the middle of an update';
const TALL = '33-9', WIDE = '9-33';

const runEntries: readonly Entry[] = [
  ['an inactive replica is written', 'rows[replica].is_active == 0u || ', '', `13-6, ${MANY}`],
  ['every batch of an update adds', ' || rows[replica].ends_group == 0u', '', `13-6, ${MANY}`],
  ['strength 0 is computed', 'groups[group_of(replica, TENSOR)].orthogonal == 0.0', 'groups[group_of(replica, 0u)].orthogonal == 0.0', `13-6, ${MANY}`],
  ['one output tile is zero', ...ZERO_TILE, TALL],
  ['every replica has the first weight', 'WEIGHT_OFFSET + replica * PARAMETERS_STRIDE', 'WEIGHT_OFFSET', `6-13, ${MANY}`],
];

export const penaltyMutations: readonly Mutation[] = [
  ...of('dense-input-gradient', activityEntries),
  ...of('head', activityEntries),
  ...of('gram', [
    ...runEntries,
    ['columns are not transposed', 'if (LEFT_BY_COLUMNS) { return transpose(parts); }', '', TALL],
    ['rows are not transposed', 'if (RIGHT_BY_COLUMNS) { return parts; }', '', WIDE],
    ['rows are read as columns', 'select(first + i, first + 4u * i * OUTPUTS4, WIDE)', 'first + i', WIDE],
  ]),
  ...of('orthogonal-gradient', [
    ...runEntries,
    ['the strength is another tensor\'s', 'group_of(replica, TENSOR)].orthogonal * difference', 'group_of(replica, 0u)].orthogonal * difference', TALL],
    ['the tensor is taken for its group', 'groups[group_of(replica, TENSOR)].orthogonal * difference', 'groups[TENSOR].orthogonal * difference', TALL],
    ['the identity is not taken away', 'product - parameters[weight_base(replica) + at]', 'product', TALL],
    ['the gradient of the loss is lost', '+ at] += rows', '+ at] = rows', TALL],
    ['the factors are exchanged', 'if (WIDE) { return gram[i]; }', 'if (WIDE) { return parameters[i]; }', WIDE],
    ['every replica has the first products', 'GRAM_OFFSET + replica * GRAM_STRIDE', 'GRAM_OFFSET', `6-13, ${MANY}`],
  ]),
];
