/** One mistake per entry: in the composed text of `kernel`, `from` becomes `to`, and the case named `case` must notice. */
import { activationMutations } from './activation-mutations.ts';
import { lossMutations } from './loss-mutations.ts';
import { penaltyMutations } from './penalty-mutations.ts';
import { slopeMutations } from './slope-mutations.ts';
import { blockEntries, familyEntries, sliceEntries, STORE, tileEntries } from './tile-mutations.ts';
import { updateEntries, updateMutations } from './update-mutations.ts';
import { viewMutations } from './view-mutations.ts';

export interface Mutation {
  readonly kernel: string;
  readonly what: string;
  /** Occurs exactly once in the kernel's composed text. */
  readonly from: string;
  readonly to: string;
  /** The case's name after 'kernel: '. */
  readonly case: string;
}

type Entry = readonly [what: string, from: string, to: string, inCase?: string];

const of = (kernel: string, usual: string, entries: readonly Entry[]): Mutation[] =>
  entries.map(([what, from, to, inCase = usual]) => ({ kernel, what, from, to, case: inCase }));

const ACTIVE = 'if (rows[replica].is_active == 0u) { return; }';

/** Mistakes in lib/dropout.wgsl and lib/philox.wgsl, by the width that shows each. */
const dropoutEntries = (inWidth: (width: number) => string): Entry[] => [
  ['the dropout scale is lost', 'value * draw.dropout.scale', 'value', inWidth(29)],
  ['the dropout threshold is halved', 'vec4u(draw.dropout.threshold)', 'vec4u(draw.dropout.threshold / 2u)', inWidth(29)],
  ['dropped and kept are exchanged', 'words >= vec4u', 'words < vec4u', inWidth(29)],
  ['elements count pads', 'row * WIDTH + 4u * column4', '4u * ((WIDTH + 3u) / 4u * row + column4)', inWidth(29)],
  ['the second word block is the first again', 'block + 1u', 'block', inWidth(31)],
  ['words are not shifted by 1', 'vec4u(first.yzw, second.x)', 'first', inWidth(29)],
  ['words are not shifted by 2', 'vec4u(first.zw, second.xy)', 'first', inWidth(30)],
  ['words are not shifted by 3', 'vec4u(first.w, second.xyz)', 'first', inWidth(31)],
  ['seed, step and stream are not all used', 'let first = philox4x32(vec4u(block, draw.step, STREAM, 0u)', 'let first = philox4x32(vec4u(block, draw.step, 0u, 0u)', inWidth(28)],
];

const THREE = 'three replicas, one inactive';
const AGREE = `${THREE}; workgroup sizes agree bit for bit`;

export const mutations: readonly Mutation[] = [
  ...activationMutations,
  ...lossMutations,
  ...penaltyMutations,
  ...slopeMutations,
  ...updateMutations,
  ...viewMutations,
  ...of('gather', AGREE, [
    ['one output tile is zero', 'output[at + column4] = value;', 'output[at + column4] = select(value, vec4f(), row == 1u && column4 == 1u);'],
    ['one output tile is left out', 'output[at + column4] = value;', 'if (row != 1u || column4 != 1u) { output[at + column4] = value; }'],
    ['only a thread\'s first vec4 is made', 'column4 += WORKGROUP_X', 'column4 += CHUNK'],
    ['every workgroup makes the first chunk', 'let first = workgroup.x * CHUNK;', 'let first = 0u;', '2-1029 from u8'],
    ['the scale is lost', 'vec4f(SCALE)', 'vec4f(1.0)'],
    ...([
      ['the center is lost', 'value - normalisation[at]', 'value'], ['the center is added', 'value - normalisation[at]', 'value + normalisation[at]'],
      ['the factor is lost', 'normalisation[TABLE4 + at]', 'vec4f(1.0)'], ['the factor is a center', 'normalisation[TABLE4 + at]', 'normalisation[at]'],
      ['the shift is lost', 'normalisation[2u * TABLE4 + at]', 'vec4f()'], ['every feature has the first numbers', 'min(column4, TABLE4 - 1u)', '0u'],
      ['the last features have those before them', 'TABLE4 - 1u', 'TABLE4 - 2u'], ['pads of what is normalised are not zero', 'columns < vec4u(WIDTH)', 'columns < vec4u(4u * COLUMNS4)'],
    ] as const).map(([what, from, to]): Entry => [what, from, to, '13 normalised by feature from f32, pads stay 0, 4 of 6 samples count']),
    ['what is one for all is one for four', 'min(column4, TABLE4 - 1u)', 'column4', '257 normalised by all from u8, pads stay 0, 4 of 6 samples count'],
    ['rows past count are normalised', 'if (is_sample) { value = input_vec4(column4, sample); }', 'value = input_vec4(column4, sample);', '13 normalised by feature from f32, pads stay 0, 4 of 6 samples count'],
    ['targets are not normalised', 'store_own_target(targets_at, column4, value);', 'store_own_target(targets_at, column4, read_inputs(sample, column4));', '5 inputs from f32 as targets, normalised by feature, dropout, three replicas'],
    ['pads are not zero', 'columns < vec4u(WIDTH)', 'columns < vec4u(4u * COLUMNS4)'],
    ['every replica reads the first order', 'order[rows[replica].order + sample]', 'order[sample]'],
    ['the position is lost', 'rows[replica].position + row', 'row'],
    ['rows past count are filled', 'row < rows[replica].count', 'true', '5 of 6 samples count, in order'],
    ['labels are not shuffled', 'label = labels[sample * LABEL_WORDS + i]', 'label = labels[(rows[replica].position + row) * LABEL_WORDS + i]'],
    ['an inactive replica is written', ACTIVE, ''],
    ['floats are read as bytes', 'if (INPUTS_U8)', 'if (true)', '4-5 from f32'],
    ['bytes are read in reverse', 'word, word >> 8u, word >> 16u, word >> 24u', 'word >> 24u, word >> 16u, word >> 8u, word', '4-5 from u8'],
    ...dropoutEntries((width) => `dropout of width ${width}`),
  ]),
  ...of('dense-forward', '8-32-32 with ReLU', [
    ...tileEntries,
    ...blockEntries,
    ...familyEntries,
    ['a tile past the edge is stored', STORE, 'if (row < ROWS) {', '9-33-33 with ReLU'],
    ['the bias is lost', 'product + parameters[BIAS_OFFSET + replica * PARAMETERS_STRIDE + column4]', 'product'],
    ['ReLU is lost', 'value = activated(value, replica, column4);', ''],
    ['pads of a sigmoid are not zero', 'if (KEEPS_ZERO) { return value; }', 'if (true) { return value; }', 'sigmoid of width 5'],
    ['ReLU hides NaN', 'select(z, vec4f(), (bits == vec4i()) | (bits <= vec4i(-8388608)))', 'select(vec4f(), z, z > vec4f())', 'NaN reaches the outputs of its row and no other'],
    ['every replica has the first weights', 'WEIGHT_OFFSET + replica * PARAMETERS_STRIDE', 'WEIGHT_OFFSET', `${THREE}, dropout of width 28`],
    ['an inactive replica is written', ACTIVE, '', `${THREE}, dropout of width 28`],
    ['the first dropout entry is used', 'layers[DROPOUT_INDEX]', 'layers[0]', `${THREE}, dropout of width 28`],
    ...dropoutEntries((width) => `${THREE}, dropout of width ${width}`),
    ['what is kept is not', 'keep(value, replica, row, column4);', '', 'gelu and what it is made from, dropout, three replicas'],
    ['every replica keeps in the first one\'s place', 'PREACTIVATION_OFFSET + replica * PREACTIVATION_STRIDE', 'PREACTIVATION_OFFSET', 'gelu and what it is made from, dropout, three replicas'],
  ]),
  ...of('dense-input-gradient', '8-32-32 below ReLU', [
    ...tileEntries,
    ['the mask is lost', 'stored > vec4f()', 'stored >= vec4f()'],
    ['the weight is not transposed', 'if (RIGHT_BY_COLUMNS) { return parts; }', ''],
    ['the scale of ReLU with dropout is lost', 'value *= scale;', '', `${THREE}, ReLU and dropout below`],
    ['an inactive replica is written', ACTIVE, '', `${THREE}, ReLU and dropout below`],
    ['the gradient is zero', 'var value = gradient;', 'var value = vec4f();', 'nothing below'],
    ...dropoutEntries((width) => `dropout of width ${width} without ReLU below`),
  ]),
  ...of('map', '5-257, a sum', [
    ['the other value is lost', 'value += other[', 'value += 0.0 * other['],
    ['the sum is a difference', 'value += other[', 'value -= other['],
    ['the last columns are left out', 'column4 >= COLUMNS4', 'column4 + 1u >= COLUMNS4'],
    ['every workgroup makes the first columns', 'workgroup.x * WORKGROUP_X + local', 'local'],
    ['an inactive replica is written', '|| rows[replica].is_active == 0u', '', `${THREE}; workgroup sizes agree bit for bit`],
    ['every replica has the first other', 'OTHER_OFFSET + replica * OTHER_STRIDE', 'OTHER_OFFSET', `${THREE}; workgroup sizes agree bit for bit`],
    ['every replica has the first stored', 'STORED_OFFSET + replica * STORED_STRIDE', 'STORED_OFFSET', `slope of sigmoid behind dropout, penalties, ${THREE}`],
    ['the activation is lost', 'value = activated(value, replica, column4);', '', 'sigmoid of width 33, a sum, pads stay zero'],
    ['the activation is before the sum', 'if (ACTIVATE) { value = activated(value, replica, column4); }', 'if (ACTIVATE) { value = activated(input[INPUT_OFFSET + replica * INPUT_STRIDE + at], replica, column4) + other[OTHER_OFFSET + replica * OTHER_STRIDE + at]; }', 'relu of width 33, a sum, pads stay zero'],
    ['pads of a sigmoid are not zero', 'if (KEEPS_ZERO) { return value; }', 'if (true) { return value; }', 'sigmoid of width 5, a sum, pads stay zero'],
    ['the sigmoid overflows', 'exp(-abs(z))', 'exp(-z)', 'sigmoid of huge numbers is finite, NaN passes'],
    ['the sigmoid hides NaN', 'select(z, part, z > vec4f())', 'part', 'sigmoid of huge numbers is finite, NaN passes'],
    ['the slope is that of f', '(stored * (vec4f(1.0) - stored))', 'stored', 'slope of sigmoid'],
    ['the gradient is lost', 'return gradient * (stored', 'return (stored', 'slope of sigmoid'],
    ['the scale is not undone', 'stored /= scale;', '', `slope of sigmoid behind dropout, penalties, ${THREE}`],
    ['the mask is lost', 'stored > vec4f()', 'stored >= vec4f()', 'slope of relu'],
    ['the scale of ReLU with dropout is lost', 'value *= scale;', '', `slope of relu behind dropout, penalties, ${THREE}`],
    ['a drawn mask is forgotten', 'if (DRAW_DROPOUT) { value = drop_out(value, row, column4, dropout_draw(replica)); }', '', `slope of sigmoid behind dropout, penalties, ${THREE}`],
    ['the penalty is lost', 'if (ACTIVITY) { value += activity_gradient(replica, row, stored); }', '', 'penalties on activations, a plain layer below'],
    ...dropoutEntries((width) => `dropout of width ${width}`),
  ]),
  ...of('dense-forward', '9-33-33, the weight transposed', [
    ['a transposed weight is not', 'if (RIGHT_BY_COLUMNS) { return parts; }', ''],
    ['rows of a transposed weight are too near', '4u * min(column4, COLUMNS4 - 1u) * DEPTH4', 'min(column4, COLUMNS4 - 1u) * DEPTH4'],
    ['every replica has the first transposed weight', 'WEIGHT_OFFSET + replica * PARAMETERS_STRIDE', 'WEIGHT_OFFSET', 'the weight transposed, dropout, three replicas'],
  ]),
  ...of('columns', '67 and 61 beside each other', [
    ['the second begins one column later', '+ at - FIRST]', '+ at - FIRST + 1u]'],
    ['the second is lost', 'at < FIRST + SECOND', 'false'],
    ['the first goes on', 'if (at < FIRST) {', 'if (at <= FIRST) {'],
    ['rows lie too near', 'row * FIRST_COLUMNS + FROM', 'row * FIRST + FROM'],
    ['the first column is forgotten', '+ FROM + at]', '+ at]', '61 of 67 from 3 on'],
    ['the place is forgotten', 'let at = column - TO;', 'let at = column;', '61 in 67 from 6 on, zeros around'],
    ['what is before is not 0', 'if (column < TO) { return 0.0; }', 'if (column < TO) { return 1.0; }', '61 in 67 from 6 on, zeros around'],
    ['every replica has the first first', 'FIRST_OFFSET + replica * FIRST_STRIDE', 'FIRST_OFFSET', AGREE],
    ['every replica has the first second', 'SECOND_OFFSET + replica * SECOND_STRIDE', 'SECOND_OFFSET', AGREE],
    ['an inactive replica is written', '|| rows[replica].is_active == 0u', '', AGREE],
    ['every workgroup makes the first columns', 'workgroup.x * WORKGROUP_X + local', 'local'],
  ]),
  ...of('dense-weight-gradient', '8-32-32', [
    ...tileEntries,
    ['the input is not transposed', 'if (LEFT_BY_COLUMNS) { return transpose(parts); }', ''],
    ['the gradient is zero', 'gradients[at] = value;', 'gradients[at] = vec4f();'],
    ['earlier batches are lost', 'value += gradients[at];', '', 'later batches of an update are added'],
    ['the first batch is added', '&& rows[replica].starts_group == 0u', '', 'later batches of an update are added'],
    ['another use is lost', 'ADDS ||', '', 'another use of the weight is added'],
    ['an inactive replica is written', ACTIVE, '', THREE],
    ['every replica has the first delta', 'DELTA_OFFSET + replica * DELTA_STRIDE', 'DELTA_OFFSET', THREE],
  ]),
  ...of('bias-gradient', '4-256', [
    ['another use is lost', 'ADDS ||', '', 'another use of the bias is added'],
    ['earlier batches are lost', 'value += gradients[at];', '', 'later batches of an update are added'],
    ['the first batch is added', '&& rows[replica].starts_group == 0u', '', 'later batches of an update are added'],
    ['one output tile is zero', '= column_sum(replica, column4);', '= select(column_sum(replica, column4), vec4f(), column4 == 63u);'],
    ['one output tile is left out', 'column4 >= COLUMNS4', 'column4 + 1u >= COLUMNS4'],
    ['the last row is lost', 'b < 4u * DEPTH4', 'b + 1u < 4u * DEPTH4'],
    ['an inactive replica is written', '|| rows[replica].is_active == 0u', '', THREE],
  ]),
  ...of('softmax', AGREE, [
    ['one output is zero', 'j < CLASSES);', 'j < CLASSES && !(row == 8u && j == 6u));'],
    ['the last class is left out of the sum', 'for (var j = 0u; j < CLASSES; j++) { sum +=', 'for (var j = 0u; j + 1u < CLASSES; j++) { sum +='],
    ['the largest logit is not taken away', 'if (z > largest) { largest = z; }', '', 'logits of 1e4, all equal, ties'],
    ['pads are not zero', 'j < CLASSES);', 'true);'],
    ['an inactive replica is written', '|| rows[replica].is_active == 0u', ''],
  ]),
  ...of('softmax-cross-entropy', AGREE, [
    ['the gradient is zero', '(probability - select(0.0, 1.0, j == label)) / count', '0.0'],
    ['the target is not taken away', 'select(0.0, 1.0, j == label)', '0.0'],
    ['the gradient is that of the sum', 'select(0.0, 1.0, j == label)) / count', 'select(0.0, 1.0, j == label))'],
    ['the mean is over one batch', 'f32(rows[replica].group_count)', 'f32(rows[replica].count)', 'the mean is over all batches of an update'],
    ['pads are not zero', 'for (var j = CLASSES; j < 4u * COLUMNS4; j++) { write_gradient(gradient_at + j, 0.0); }', ''],
    ['rows past count keep their gradient', 'for (var j = 0u; j < 4u * COLUMNS4; j++) { write_gradient(gradient_at + j, 0.0); }', '', '5 of 6 samples count'],
    ['rows past count are computed', 'row >= rows[replica].count', 'row >= ROWS', '5 of 6 samples count'],
    ['the largest logit is left out of the loss', 'abs(log(sum)) + (largest - read_logit(logits_at + label))', 'abs(log(sum)) - read_logit(logits_at + label)'],
    ['large logits eat the loss', 'abs(log(sum)) + (largest - read_logit(logits_at + label))', '(abs(log(sum)) + largest) - read_logit(logits_at + label)', 'logits of 1e4, all equal, ties: losses, and hits by the first largest'],
    ['a tie goes to the last', 'if (z > largest)', 'if (z >= largest)', 'logits of 1e4, all equal, ties: losses, and hits by the first largest'],
    ['a miss is not marked', 'select(-loss, loss, prediction == label)', 'loss'],
    ['the slot is lost', 'rows[replica].slot * BATCH', '0u'],
    ['an inactive replica is written', '|| rows[replica].is_active == 0u', ''],
  ]),
  ...of('head', '5-64-10', [
    ['one output tile is zero', 'store_input_gradient(replica, row + 1u, k, sum[1]);', 'store_input_gradient(replica, row + 1u, k, select(sum[1], vec4f(), k == 3u));'],
    ['one output tile is left out', 'store_input_gradient(replica, row + 2u, k, sum[2]);', ''],
    ['the gradient is zero', '(probability - select(0.0, 1.0, j == label)) / count', '0.0'],
    ['the bias is lost', 'sum + bias[column]', 'sum'],
    ['half of the parts are lost', 'thread < THREADS; thread++', 'thread < 8u; thread++'],
    ['the weight is not transposed', 'transpose(load_weight(replica, 4u * k, column4))', 'load_weight(replica, 4u * k, column4)'],
    ['a miss is not marked', 'select(-loss, loss, prediction == label)', 'loss'],
    ['the mask is lost', 'stored > vec4f()', 'stored >= vec4f()'],
    ['an inactive replica is written', 'if (!is_active) { return; }', '', `${THREE}, dropout below, mask positive`],
    ['an inactive replica\'s losses are written', 'if (is_active) {', 'if (true) {', `${THREE}, dropout below, mask positive`],
    ['the scale of ReLU with dropout is lost', 'value *= scale;', '', `${THREE}, dropout below, mask positive`],
    ['the dropout scale is lost', 'value * draw.dropout.scale', 'value', `${THREE}, dropout below, mask dropout`],
  ]),
  ...of('dense-weight-update', 'momentum with L1, L2 and decay', [
    ...tileEntries,
    ['one bias tile is left out', 'if (column < COLUMNS4) {', 'if (column < COLUMNS4 && column != 1u) {'],
    ['the bias gradient is zero', 'sum += load_delta(base + b * COLUMNS4);', ''],
    ['the bias takes the weight\'s hyperparameters', 'let h = rows[replica].groups[group_of(replica, BIAS_TENSOR)];', 'let h = rows[replica].groups[group_of(replica, WEIGHT_TENSOR)];'],
    ['the weight is taken for its group', 'groups[group_of(replica, WEIGHT_TENSOR)]', 'groups[WEIGHT_TENSOR]'],
    ['the bias is updated twice', 'local.y == 0u && local.z == 0u', 'local.z == 0u'],
    ...sliceEntries,
    ...updateEntries((optimizer) => `${optimizer} with L1, L2 and decay`),
  ]),
  ...of('network-weight-update', 'momentum with L1, L2 and decay', [
    ...tileEntries.slice(0, 3),
    ['the second buffer is the first', 'return second[i];', 'return first[i];'],
    ['the third buffer is the first', 'return third[i];', 'return first[i];'],
    ['every layer is the first', 'select_layer(tile.x);', 'select_layer(0u);'],
    ['every tile is the first', 'tile.yzw', 'vec3u()'],
    ...sliceEntries,
    ['the bias gradient is zero', 'sum += load_delta(base + b * COLUMNS4);', ''],
    ['the bias takes the weight\'s hyperparameters', 'BIAS_TENSOR = delta.w;', 'BIAS_TENSOR = input.w;'],
    ['the weight is taken for its group', 'groups[group_of(replica, WEIGHT_TENSOR)]', 'groups[WEIGHT_TENSOR]'],
    ['every replica has the first input', 'INPUT_STRIDE = input.z;', 'INPUT_STRIDE = 0u;', THREE],
    ...updateEntries((optimizer) => `${optimizer} with L1, L2 and decay`).slice(0, 5),
  ]),
  ...of('parameter-sums', '2 chunks, three replicas', [
    ['one output is zero', 'vec4f(partial[0].sum.xyz, partial[0].level.y)', 'select(vec4f(partial[0].sum.xyz, partial[0].level.y), vec4f(), chunk == 1u)'],
    ['one output is left out', 'if (local == 0u)', 'if (local == 0u && chunk != 1u)'],
    ['signs are kept', 'dot(abs(w), ones)', 'dot(w, ones)'],
    ['squares are not squared', 'dot(scaled, scaled)', 'dot(scaled, ones)'],
    ['zeros are not counted', 'dot(zeros, ones)', '0.0'],
    ['the tree stops early', 'width > 0u', 'width > 1u'],
    ['a thread takes one vec4 only', 'i < CHUNK;', 'i < THREADS;'],
    ['the second row of workgroups is the first', 'workgroup.y * GRID_X + workgroup.x', 'workgroup.x', '65540 workgroups'],
  ]),
  ...of('snapshot', 'flagged and inactive replicas keep the older copy', [
    ['one output tile is zero', 'copy[at] = source[at];', 'copy[at] = select(source[at], vec4f(), at == 8u);'],
    ['one output tile is left out', 'min(first + CHUNK, LENGTH4)', 'min(first + CHUNK, LENGTH4 - 1u)'],
    ['only a thread\'s first vec4 is copied', 'at += WORKGROUP_X', 'at += CHUNK', '4092 floats'],
    ['every workgroup copies the first chunk', ') * CHUNK;', ') * 0u;', '4100 floats'],
    ['only the first flag is read', 'tensor < TENSORS', 'tensor < 1u'],
    ['flags are ignored', '!= NO_FLAG) { return; }', '!= NO_FLAG) { break; }'],
    ['every replica reads the first flags', 'flags[replica * TENSORS + tensor]', 'flags[tensor]'],
    ['an inactive replica is written', ACTIVE, ''],
    ['a loss is good however large', ' || abs(loss) > MOST_LOSS', '', 'a loss above 2^24 keeps the older copy, one of 2^24 does not'],
    ['only hits are looked at', 'abs(loss) > MOST_LOSS', 'loss > MOST_LOSS', 'a loss above 2^24 keeps the older copy, one of 2^24 does not'],
    ['the second row of workgroups is the first', 'workgroup.y * GRID_X + workgroup.x', 'workgroup.x', '65540 workgroups'],
  ]),
  ...of('philox', 'known answer d16cfe09 94fdcceb 5001e420 24126ea1', [
    ['nine rounds', 'round < 10u', 'round < 9u'],
    ['the key is not bumped', 'k1 += 0xbb67ae85u;', ''],
    ['the low carry is lost', '+ (low >> 16u)', ''],
    ['the middle carry is lost', '+ (middle >> 16u)', ''],
    ['one output is left out', 'if (id.x >= LENGTH)', 'if (id.x + 1u >= LENGTH)'],
    ['the multipliers are exchanged', 'let low0 = 0xd2511f53u * c0;', 'let low0 = 0xcd9e8d57u * c0;'],
  ]),
];
