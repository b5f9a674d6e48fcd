/** Mistakes in the libraries of the losses, in the kernels that have them, and in how their targets are gathered. */
import type { Mutation } from './mutations.ts';

type Entry = readonly [what: string, from: string, to: string, inCase?: string];

const of = (kernel: string, usual: string, entries: readonly Entry[]): Mutation[] =>
  entries.map(([what, from, to, inCase = usual]) => ({ kernel, what, from, to, case: inCase }));

/** Of one loss among several of a kernel. */
const ofLoss = (kernel: string, loss: string, usual: string, entries: readonly Entry[]): Mutation[] =>
  of(kernel, `${loss}${usual}`, entries.map(([what, from, to, inCase]) => [`${loss}: ${what}`, from, to, ...(inCase === undefined ? [] : [`${loss}${inCase}`])] as unknown as Entry));

const ACTIVE = 'if (rows[replica].is_active == 0u) { return; }';
const THREE = ', weights of rows, three replicas, one inactive', FAR = ' of outputs far out, at 0 and at kinks';
const NOT_FINITE = ' of a forward pass that is not finite has that for loss and gradient';
const SOFT_NOT_FINITE = 'smoothed, a forward pass that is not finite has that for loss and gradient';
const AGREE = ', three replicas, one inactive; workgroup sizes agree bit for bit';

/** Mistakes in lib/targets.wgsl, by a case with weights and replicas. */
const targetEntries = (inCase: string): Entry[] => [
  ['every replica has the first targets', 'targets[replica * TARGETS_STRIDE + row * TARGET_WORDS + i]', 'targets[row * TARGET_WORDS + i]', inCase],
  ['every row has the first target', 'targets[replica * TARGETS_STRIDE + row * TARGET_WORDS + i]', 'targets[replica * TARGETS_STRIDE + i]', inCase],
  ['the weight is the first word', 'target_value(replica, row, TARGET_WORDS - 1u)', 'target_value(replica, row, 0u)', inCase],
  ['weights of rows are left out', 'if (!WEIGHTED) { return 1.0; }', 'if (true) { return 1.0; }', inCase],
  ['the gradient has no weight', 'row_weight(replica, row) / rows[replica].layers[LOSS_LAYER].scale', '1.0 / rows[replica].layers[LOSS_LAYER].scale', inCase],
  ['the mean is over samples', '/ rows[replica].layers[LOSS_LAYER].scale', '/ f32(rows[replica].group_count)', inCase],
  ['every replica divides by the first divisor', '/ rows[replica].layers[LOSS_LAYER].scale', '/ rows[0].layers[LOSS_LAYER].scale', inCase],
  ['the slot is lost', 'rows[replica].slot * BATCH', '0u', inCase],
];

/** Mistakes in lib/element-loss.wgsl. */
const elementEntries: Entry[] = [
  ['a part has three outputs', 'losses.x + losses.y + losses.z + losses.w', 'losses.x + losses.y + losses.z', 'huber of 4-4'],
  ['pads have a loss', 'select(vec4f(), element_loss(z, t, rows[replica].layers[LOSS_LAYER]), is_own)', 'element_loss(z, target_vec4(replica, row, column4), rows[replica].layers[LOSS_LAYER])', 'mean-absolute-error of 7-5'],
  ['pads have a gradient', 'return select(vec4f(), value, is_output(column4));', 'return value;', 'mean-absolute-error of 7-5'],
  ['a pad is an output', '< vec4u(CLASSES)', '<= vec4u(CLASSES)', 'mean-absolute-error of 7-5'],
  ['the fourth target is the third', 'target_value(replica, row, i + 3u)', 'target_value(replica, row, i + 2u)', 'mean-squared-error of 4-4'],
  ['the loss is a sum over outputs', '(part.sum / f32(CLASSES))', 'part.sum', 'huber of 3-3'],
  ['the gradient is that of the sum', '(row_factor(replica, row) / f32(CLASSES))', 'row_factor(replica, row)', 'huber of 3-3'],
  ['the loss has no weight', 'row_weight(replica, row) * (part.sum', '(part.sum', `huber${THREE}`],
  ['every replica has the first number', 'element_loss(z, t, rows[replica].layers[LOSS_LAYER])', 'element_loss(z, t, rows[0].layers[LOSS_LAYER])', `huber${THREE}`],
  ['every replica\'s slope has the first number', 'target_vec4(replica, row, column4), rows[replica].layers[LOSS_LAYER]', 'target_vec4(replica, row, column4), rows[0].layers[LOSS_LAYER]', `huber${THREE}`],
  ['numbers are another entry\'s', 'element_loss(z, t, rows[replica].layers[LOSS_LAYER])', 'element_loss(z, t, rows[replica].layers[LOSS_LAYER - 1u])', 'smooth-l1 of 3-3'],
  ['a loss that overflows has a gradient', 'max(part.bits, magnitude_bits(formula))', 'part.bits', `mean-squared-error${NOT_FINITE}`],
  ['the gradient does not say so', 'select(vec4f(own.loss), slope', 'select(vec4f(), slope', `mean-squared-error${NOT_FINITE}`],
  ['a miss is forgotten', 'a.misses | b.misses', 'b.misses', 'binary-cross-entropy of 2-65'],
  ['sums are not added', 'Part(a.sum + b.sum', 'Part(b.sum', 'huber of 2-65'],
];

const label = 'binary-cross-entropy';

export const lossMutations: readonly Mutation[] = [
  ...of('element-loss', `huber${THREE}`, [
    ...elementEntries,
    ...targetEntries(`huber${THREE}`),
    ['an inactive replica is written', ACTIVE, ''],
    ['rows past count are computed', 'let is_row = row < rows[replica].count;', 'let is_row = true;', 'huber, 5 of 6 samples count'],
    ['rows past count keep their gradient', 'gradient[GRADIENT_OFFSET + replica * GRADIENT_STRIDE + row * COLUMNS4 + k] = value;', 'if (is_row) { gradient[GRADIENT_OFFSET + replica * GRADIENT_STRIDE + row * COLUMNS4 + k] = value; }', 'huber, 5 of 6 samples count'],
    ['only a thread\'s first vec4 has a loss', 'k < COLUMNS4; k += THREADS) { part', 'k < COLUMNS4; k += COLUMNS4) { part', 'huber of 2-784'],
    ['only a thread\'s first vec4 has a gradient', 'k < COLUMNS4; k += THREADS) {\n    var value', 'k < COLUMNS4; k += COLUMNS4) {\n    var value', 'huber of 2-784'],
    ['half of the parts are lost', 'i < THREADS; i++', '2u * i < THREADS; i++', 'huber of 2-784'],
    ['every replica has the first outputs', 'OUTPUTS_OFFSET + replica * OUTPUTS_STRIDE', 'OUTPUTS_OFFSET'],
    ['a miss without a loss is a hit', 'select(loss, 1.1754943508222875e-38, magnitude_bits(loss) < 0x00800000u)', 'loss', 'a label is wrong, and nothing is lost: still a miss'],
    ['NaN is a small loss', 'magnitude_bits(loss) < 0x00800000u', 'magnitude_bits(loss) - 0x00800000u > 0x7f000000u', `${label}${NOT_FINITE}`],
    ['a miss is not marked', 'if (is_hit) { return loss; }', 'if (true) { return loss; }', `${label} of 4-4`],
  ]),
  ...ofLoss('element-loss', label, ' of 4-4', [
    ['the rest is lost', 'let rest = log1p(exp(-abs(z)));', 'let rest = vec4f();'],
    ['the exponential overflows', 'let rest = log1p(exp(-abs(z)));', 'let rest = log1p(exp(abs(z)));', FAR],
    ['the weight of a label that is there is lost', 'own.first * t * (max(-z', 't * (max(-z'],
    ['the weight is that of all', '(1.0 - t) * (max(z', 'own.first * (1.0 - t) * (max(z'],
    ['the slope has no weight', '- own.first * t * logistic(-z)', '- t * logistic(-z)'],
    ['the slope is that of a label', '(1.0 - t) * logistic(z)', 'logistic(z)'],
    ['labels and outputs are compared the other way', '(z > vec4f()) != (t > vec4f(0.5))', '(z > vec4f()) == (t > vec4f(0.5))', ' of 5-1'],
    ['an output of 0 is one above it', '(z > vec4f()) != (t > vec4f(0.5))', '(z >= vec4f()) != (t > vec4f(0.5))', FAR],
    ['a label of a half is there', '(t > vec4f(0.5))', '(t >= vec4f(0.5))', FAR],
  ]),
  ...ofLoss('element-loss', 'mean-squared-error', ' of 4-4', [
    ['the square is lost', 'return d * d;', 'return abs(d);'],
    ['the square is halved', 'return d * d;', 'return 0.5 * d * d;'],
    ['the slope is that of a half', 'return 2.0 * (z - t);', 'return z - t;'],
  ]),
  ...ofLoss('element-loss', 'mean-absolute-error', ' of 4-4', [
    ['differences keep their sign', 'return abs(z - t);', 'return z - t;'],
    ['the slope is the difference', 'return sign(z - t);', 'return z - t;'],
    ['the slope at 0 is 1', 'return sign(z - t);', 'return select(vec4f(-1.0), vec4f(1.0), z >= t);', ' of 7-5'],
  ]),
  ...ofLoss('element-loss', 'huber', ' of 7-5', [
    ['large differences are squared', 'select(own.first * (d - 0.5 * own.first), 0.5 * d * d, d <= vec4f(own.first))', '0.5 * d * d'],
    ['delta is left out', 'own.first * (d - 0.5 * own.first)', '(d - 0.5 * own.first)'],
    ['it is not continuous', '(d - 0.5 * own.first)', 'd'],
    ['the slope is not cut above', 'clamp(z - t, vec4f(-own.first), vec4f(own.first))', 'max(z - t, vec4f(-own.first))'],
    ['the slope is not cut below', 'clamp(z - t, vec4f(-own.first), vec4f(own.first))', 'min(z - t, vec4f(own.first))'],
  ]),
  ...ofLoss('element-loss', 'smooth-l1', ' of 7-5', [
    ['small differences are not divided', '0.5 * d * (d / own.first)', '0.5 * d * d'],
    ['it is not continuous', 'd - 0.5 * own.first', 'd - 0.5'],
    ['it is Huber\'s', 'clamp((z - t) / own.first, vec4f(-1.0), vec4f(1.0))', 'clamp(z - t, vec4f(-own.first), vec4f(own.first))'],
    ['the slope is not cut', 'clamp((z - t) / own.first, vec4f(-1.0), vec4f(1.0))', '(z - t) / own.first'],
  ]),
  ...of('softmax-cross-entropy', `vectors, all weights${AGREE}`, [
    ...targetEntries(`vectors, all weights${AGREE}`),
    ['smoothing is lost', 'let smoothing = rows[replica].layers[LOSS_LAYER].first;', 'let smoothing = 0.0;', `smoothed${AGREE}`],
    ['every replica is smoothed alike', 'let smoothing = rows[replica].layers[LOSS_LAYER].first;', 'let smoothing = rows[0].layers[LOSS_LAYER].first;', `smoothed${AGREE}`],
    ['smoothing is not spread', 'smoothing / f32(CLASSES)', 'smoothing', `smoothed${AGREE}`],
    ['the target keeps its share', '(1.0 - smoothing) * own', 'own', `smoothed${AGREE}`],
    ['vectors are classes', 'if (VECTOR_TARGETS) { own', 'if (false) { own'],
    ['the class is the first', 'target_word(replica, row, 0u) == j', '0u == j', `smoothed${AGREE}`],
    ['weights of classes are lost', 'return class_weights[class_index];', 'return 1.0;', `weights of classes${AGREE}`],
    ['every class has the first weight', 'return class_weights[class_index];', 'return class_weights[0];', `weights of classes${AGREE}`],
    ['weights of classes do not reach what is smoothed', 'class_weight(j) * ((1.0 - smoothing) * own + smoothing / f32(CLASSES))', 'class_weight(j) * (1.0 - smoothing) * own + smoothing / f32(CLASSES)', `weights of classes${AGREE}`],
    ['targets sum to 1', 'whole += q;', 'whole = 1.0;'],
    ['the loss is that of the first class', 'formula += q *', 'formula = q *'],
    ['the loss has no weight', 'formula *= row_weight(replica, row);', ''],
    ['the gradient is not that of the whole', 'probability * whole', 'probability'],
    ['the target is not taken away', '- smoothed(replica, row, j)) * factor', ') * factor'],
    ['large logits eat the loss', 'q * (log_sum + (largest - read_logit(logits_at + j)))', 'q * ((log_sum + largest) - read_logit(logits_at + j))', 'smoothed by 0, logits of 1e4, all equal, ties: losses, and hits by the first largest'],
    ['a tie of logits goes to the last', 'if (z > largest)', 'if (z >= largest)', 'smoothed by 0, logits of 1e4, all equal, ties: losses, and hits by the first largest'],
    ['a tie of targets goes to the last', 'target_value(replica, row, j) > target_value(replica, row, found)', 'target_value(replica, row, j) >= target_value(replica, row, found)', 'vectors, logits of 1e4, ties of logits and of targets'],
    ['a vector\'s class is the first', 'target_value(replica, row, j) > target_value(replica, row, found)', 'false'],
    ['the gradient does not say so', 'select(loss, (probability * whole', 'select(0.0, (probability * whole', SOFT_NOT_FINITE],
    ['rows past count are computed', 'row >= rows[replica].count', 'row >= ROWS', 'vectors, 5 of 6 samples count'],
    ['rows past count keep their gradient', 'for (var j = 0u; j < 4u * COLUMNS4; j++) { write_gradient(gradient_at + j, 0.0); }', '', 'vectors, 5 of 6 samples count'],
    ['pads are not zero', 'for (var j = CLASSES; j < 4u * COLUMNS4; j++) { write_gradient(gradient_at + j, 0.0); }', ''],
    ['a miss is not marked', 'if (is_hit) { return loss; }', 'if (true) { return loss; }'],
  ]),
  ...of('head', `${label}, three replicas, one inactive, dropout below, mask positive`, [
    ['an inactive replica\'s losses over labels are written', 'if (is_active) {', 'if (true) {'],
    ['only the first outputs have a loss', 'k < COLUMNS4; k++) { part = join', 'k < 1u; k++) { part = join'],
    ['gradients of outputs are all the first', 'write_gradient(at + 1u, value.y);', 'write_gradient(at + 1u, value.x);'],
    ['the fourth output is the third', 'read_logit(at + 3u)', 'read_logit(at + 2u)'],
    ['rows past count are computed, over labels', 'if (row >= rows[replica].count) {\n    for', 'if (row >= BATCH) {\n    for', 'binary-cross-entropy, no sample counts'],
  ]),
  ...of('gather', 'labels of 65 words, three replicas, one inactive', [
    ['only the first word of a label is there', 'i < LABEL_WORDS; i +=', 'i < 1u; i +='],
    ['only a thread\'s first word is there', 'i < LABEL_WORDS; i += WORKGROUP_X', 'i < LABEL_WORDS; i += LABEL_WORDS'],
    ['labels are one word apart', 'labels[sample * LABEL_WORDS + i]', 'labels[sample + i]'],
    ['targets are one word apart', 'row * TARGET_WORDS;', 'row;'],
    ['every replica has the first targets', 'replica * TARGETS_STRIDE + row', 'row'],
    ['rows past count have labels', 'if (is_sample) { label =', 'if (true) { label =', 'labels of 5 words, 4 of 6 samples count, in order'],
    ['labels stand before the inputs', 'targets_at + TARGET_WORDS - LABEL_WORDS + i', 'targets_at + i', '5 inputs from f32 as targets, 1 words of labels, dropout, three replicas'],
    ['inputs are no targets', 'if (OWN_TARGETS) {', 'if (false) {', '5 inputs from f32 as targets, 1 words of labels, dropout, three replicas'],
    ['targets are what the dropout left', 'if (OWN_TARGETS) { store_own_target(targets_at, column4, value); }\n    if (DROPOUT) { value = drop_out(value, row, column4, draw); }', 'if (DROPOUT) { value = drop_out(value, row, column4, draw); }\n    if (OWN_TARGETS) { store_own_target(targets_at, column4, value); }', '70 inputs from u8 as targets, 0 words of labels, dropout, three replicas'],
    ['pads are targets', 'if (4u * column4 + i < WIDTH) { targets', 'if (true) { targets', '5 inputs from u8 as targets, 0 words of labels, dropout, three replicas'],
    ['the fourth column is no target', 'for (var i = 0u; i < 4u; i++) {\n    if (4u', 'for (var i = 0u; i < 3u; i++) {\n    if (4u', '70 inputs from f32 as targets, 0 words of labels, dropout, three replicas'],
  ]),
];
