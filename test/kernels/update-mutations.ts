/** Mistakes in the kernels that change weights, in their libraries and in the optimizers. */
import type { Mutation } from './mutations.ts';

type Entry = readonly [what: string, from: string, to: string, inCase?: string];

const of = (kernel: string, usual: string, entries: readonly Entry[]): Mutation[] =>
  entries.map(([what, from, to, inCase = usual]) => ({ kernel, what, from, to, case: inCase }));

const THREE = 'three replicas, one inactive';
const FLAGS = 'NaN, infinities and overflow raise flags; subnormals and the largest number do not';
const UNEND = 'adam, nothing changes before the last batch of an update';
const STORE = '{ parameters[replica * PARAMETERS_STRIDE + index] = w; }';

/** Mistakes in lib/update.wgsl, lib/rule.wgsl and the first optimizers, by the case that shows each. */
export const updateEntries = (inCase: (optimizer: string) => string): Entry[] => [
  ['a new weight is not stored', STORE, '{}', inCase('sgd')],
  ['the gradient is zero', 'var g = gradient;', 'var g = vec4f();', inCase('sgd')],
  ['an l1 of 1e-5 is lost', 'w = soft_threshold(w, h.l1_threshold * stepped.inverse_metric);', '', inCase('sgd')],
  ['an l2 of 1e-4 is lost', 'g += h.l2_coupled * w;', '', inCase('sgd')],
  ['the decay is lost', 'w *= h.decay;', '', inCase('sgd')],
  ['the threshold forgets the metric', 'h.l1_threshold * stepped.inverse_metric', 'vec4f(h.l1_threshold)', inCase('adam')],
  ['the momentum is lost', 'h.momentum * slots.slot0 +', '', inCase('momentum')],
  ['the momentum is not stored', 'put_state(at, slots.slot0);', '', inCase('momentum')],
  ['nesterov is plain momentum', '(g + h.momentum * next.slot0)', 'next.slot0', inCase('nesterov')],
  ['beta2 is beta1', 'h.beta2 * slots.slot1', 'h.momentum * slots.slot1', inCase('adam')],
  ['the second moment is not stored', 'put_state(at + SLOT_STRIDE, slots.slot1);', '', inCase('adam')],
  ['the second bias correction is lost', 'next.slot1 * h.inverse_c2', 'next.slot1', inCase('adam')],
];

/** Of each optimizer's own file; the case is one of `update`'s. */
const optimizerMutations: readonly Mutation[] = [
  ...of('update', 'sgd, plain', [
    ['sgd: the learning rate is lost', 'w - h.step_size * g', 'w - g'],
    ['sgd: the step goes uphill', 'w - h.step_size * g', 'w + h.step_size * g'],
  ]),
  ...of('update', 'momentum, plain', [
    ['momentum: the dampening is lost', 'h.gradient_weight * g', 'g'],
    ['momentum: the old momentum makes the step', 'h.step_size * next.slot0', 'h.step_size * slots.slot0'],
  ]),
  ...of('update', 'nesterov, plain', [
    ['nesterov: the momentum is lost', 'h.momentum * slots.slot0 +', ''],
    ['nesterov: the old momentum makes the step', 'h.momentum * next.slot0', 'h.momentum * slots.slot0'],
  ]),
  ...of('update', 'adagrad, plain', [
    ['adagrad: the sum forgets', 'slots.slot0 + g * g', 'g * g'],
    ['adagrad: no root', 'select(sqrt(squares), max(sqrt(squares), abs(g)), squares < vec4f(SMALLEST_SQUARE))', 'squares'],
    ['adagrad: a square too small for f32 has no root', 'squares < vec4f(SMALLEST_SQUARE)', 'vec4<bool>()', 'adagrad, nothing added to the root: gradients of any size, right or flagged'],
    ['adagrad: epsilon_root is lost', 'next.slot0 + h.epsilon_root', 'next.slot0', 'adagrad, epsilon in the root'],
    ['adagrad: epsilon is lost', ' + h.epsilon,', ',', 'adagrad, learning rate decay'],
    ['adagrad: 0 / 0', 'max(root + h.epsilon, vec4f(SMALLEST_NORMAL))', '(root + h.epsilon)', 'adagrad, nothing added to the root'],
  ]),
  ...of('update', 'rmspropCenteredMomentum, plain', [
    ['rmsprop: it is not centered', 'variance = max(next.slot0 - next.slot1 * next.slot1, vec4f());', ''],
    ['rmsprop: the mean is of squares', 'h.one_minus_beta2 * g;', 'h.one_minus_beta2 * g * g;'],
    ['rmsprop: the momentum is lost', 'direction += h.momentum * slots.slot2;', ''],
    ['rmsprop: mean and momentum are swapped', 'direction += h.momentum * slots.slot2;', 'direction += h.momentum * slots.slot1;'],
    ['rmsprop: the third slot is not stored', 'put_state(at + 2u * SLOT_STRIDE, slots.slot2);', ''],
    ['rmsprop: epsilon_root is lost', 'variance + h.epsilon_root', 'variance', 'rmspropCenteredMomentum, epsilon in the root'],
    ['rmsprop: epsilon is lost', ' + h.epsilon);', ');', 'rmsprop, large epsilon'],
    ['rmsprop: a negative variance has a root', 'max(next.slot0 - next.slot1 * next.slot1, vec4f())', 'next.slot0 - next.slot1 * next.slot1', 'rmspropCentered, a mean of squares below the square of the mean'],
    ['rmsprop: momentum without a mean is lost', 'direction += h.momentum * slots.slot1;', '', 'rmspropMomentum, plain'],
    ['rmsprop: alpha is exchanged', 'h.beta2 * slots.slot0', 'h.one_minus_beta2 * slots.slot0', 'rmsprop, plain'],
  ]),
  ...of('update', 'adadelta, plain', [
    ['adadelta: the new x makes the step', 'let inverse_metric = sqrt(slots.slot1 + h.epsilon) /', 'let inverse_metric = sqrt(h.beta2 * slots.slot1 + h.epsilon) /'],
    ['adadelta: x is of gradients', 'h.one_minus_beta2 * direction * direction', 'h.one_minus_beta2 * g * g'],
    ['adadelta: slots are swapped', 'h.beta2 * slots.slot0', 'h.beta2 * slots.slot1'],
    ['adadelta: epsilon is lost', 'sqrt(next.slot0 + h.epsilon)', 'sqrt(next.slot0)', 'adadelta, large epsilon'],
  ]),
  ...of('update', 'adam, plain', [
    ['adam: epsilon is lost', ' + h.epsilon);', ');'],
    ['adam: the first moment takes the whole gradient', 'h.gradient_weight * g', 'g'],
    ['adam: beta1 is beta2', 'h.momentum * slots.slot0', 'h.beta2 * slots.slot0'],
    ['adam: moments are swapped', 'h.beta2 * slots.slot1', 'h.beta2 * slots.slot0'],
    ['adam: v without its own weight', 'h.one_minus_beta2 * g * g', 'h.gradient_weight * g * g'],
    ['adam: epsilon_root is lost', ' + h.epsilon_root', '', 'adam, epsilon in the root'],
    ['adam: epsilon is inside the root', 'sqrt(next.slot1 * h.inverse_c2 + h.epsilon_root) + h.epsilon', 'sqrt(next.slot1 * h.inverse_c2 + h.epsilon_root + h.epsilon)', 'adam, large epsilon'],
  ]),
  ...of('update', 'amsgrad, plain', [
    ['amsgrad: the maximum is lost', 'max(slots.slot2, next.slot1)', 'next.slot1'],
    ['amsgrad: the metric forgets the maximum', 'sqrt(next.slot2 * h.inverse_c2', 'sqrt(next.slot1 * h.inverse_c2'],
    ['amsgrad: the minimum', 'max(slots.slot2, next.slot1)', 'min(slots.slot2, next.slot1)'],
    ['amsgrad: the bias correction is lost', 'next.slot2 * h.inverse_c2', 'next.slot2'],
    ['amsgrad: the maximum is not stored', 'put_state(at + 2u * SLOT_STRIDE, slots.slot2);', ''],
  ]),
  ...of('update', 'adamax, plain', [
    ['adamax: epsilon is lost', 'abs(g) + h.epsilon', 'abs(g)', 'adamax, large epsilon'],
    ['adamax: beta2 is lost', 'h.beta2 * slots.slot1', 'slots.slot1'],
    ['adamax: a sum, not the maximum', 'max(h.beta2 * slots.slot1, abs(g) + h.epsilon)', '(h.beta2 * slots.slot1 + abs(g) + h.epsilon)'],
  ]),
  ...of('update', 'nadam, plain', [
    ['nadam: the factors are exchanged', 'h.step_size * g + h.coefficient * next.slot0', 'h.coefficient * g + h.step_size * next.slot0'],
    ['nadam: the old moment makes the step', 'h.coefficient * next.slot0', 'h.coefficient * slots.slot0'],
    ['nadam: the bias correction is lost', 'next.slot1 * h.inverse_c2', 'next.slot1'],
    ['nadam: epsilon is lost', ' + h.epsilon);', ');', 'nadam, large epsilon, fast decay'],
  ]),
  ...of('update', 'lion, plain', [
    ['lion: the betas are exchanged', 'let c = h.momentum * slots.slot0', 'let c = h.beta2 * slots.slot0', 'lion, elastic net, proximal'],
    ['lion: the step is not a sign', 'h.step_size * sign_of(c)', 'h.step_size * c'],
    ['lion: the interpolation is kept', 'next.slot0 = h.beta2 * slots.slot0 + h.one_minus_beta2 * g;', 'next.slot0 = c;'],
    ['lion: the metric is lost', 'max(abs(c), vec4f(SMALLEST_NORMAL))', 'vec4f(1.0)', 'lion, l1 1e-5, proximal'],
  ]),
  ...of('update', 'ftrl, plain', [
    ['ftrl: n is not of squares', 'slots.slot1 + g * g', 'slots.slot1 + abs(g)'],
    ['ftrl: 0 / 0', 'select(weight, vec4f(), divisor == vec4f())', 'weight'],
    ['ftrl: z forgets', 'slots.slot0 + g -', 'g -'],
    ['ftrl: the learning rate before is that of now', '* h.coefficient) * w', '* h.step_size) * w', 'ftrl, another learning rate before'],
    ['ftrl: beta is lost', 'sqrt(next.slot1) + h.epsilon', 'sqrt(next.slot1)', 'ftrl, beta'],
    ['ftrl: l1 is lost', 'vec4f(h.l1_threshold)', 'vec4f()', 'ftrl, l1 1e-5, proximal'],
    ['ftrl: l2 is lost', 'curvature + h.l2_proximal', 'curvature', 'ftrl, l2 1e-4, proximal'],
  ]),
];

const GROUPED = 'twenty tensors in four groups, in three where the other replica has them';
const LARGE = 'momentum, large l1, cumulative, l2 proximal, decay, non-negative, clip and average';

const arenaMutations = of('update', 'sgd, plain', [
  ['the last chunk is left out', 'if (chunk >= CHUNKS ||', 'if (chunk + 1u >= CHUNKS ||'],
  ['every tensor takes the first\'s hyperparameters', 'let h = rows[replica].groups[group_of(replica, tensor)];', 'let h = rows[replica].groups[group_of(replica, 0u)];'],
  ['the tensor is taken for its group', 'rows[replica].groups[group_of(replica, tensor)]', 'rows[replica].groups[tensor]'],
  ['every replica has the first\'s groups', 'rows[replica].group_of[', 'rows[0].group_of[', GROUPED],
  ['groups are those of the first sixteen tensors', 'group_of[bit >> 7u]', 'group_of[0]', GROUPED],
  ['groups are those of a vector\'s first four', '[(bit >> 5u) & 3u]', '[0]', GROUPED],
  ['groups are those of a word\'s first tensor', '>> (bit & 31u)', '>> 0u', GROUPED],
  ['a group is its word', ' & ((1u << GROUP_BITS) - 1u)', '', GROUPED],
  ['the index of a group is a byte', 'GROUP_BITS * tensor', '8u * tensor', 'three hundred groups'],
  ['groups past 255 are others', '(1u << GROUP_BITS) - 1u', '255u', 'three hundred groups'],
  ['every replica has the first gradients', 'gradients[replica * GRADIENTS_STRIDE + index]', 'gradients[index]'],
  ['every replica has the first weights', '{ return parameters[replica * PARAMETERS_STRIDE + index]; }', '{ return parameters[index]; }'],
  ['an inactive replica is written', '|| rows[replica].is_active == 0u', '', THREE],
  ['the weights change before the last batch', '|| rows[replica].ends_group == 0u', '', UNEND],
  ['the second row of workgroups is the first', 'workgroup.y * GRID_X + workgroup.x', 'workgroup.x', '65540 workgroups'],
  ['an l1 of 1e-5 as a subgradient is lost', 'g += h.l1_subgradient * sign_of(w);', '', 'sgd, l1 1e-5 as a subgradient'],
  ['a decoupled l1 of 1e-5 is lost', 'w = soft_threshold(w, vec4f(h.l1_decoupled));', '', 'adam, l1 1e-5, decoupled'],
  ['a cumulative l1 of 1e-5 is lost', 'w = moved;', '', 'adam, l1 1e-5, cumulative'],
  ['what cumulative l1 took is not kept', 'put_state(slot, state[slot] + (moved - w));', '', 'adam, l1 1e-5, cumulative'],
  ['cumulative l1 forgets what it took', 'vec4f(total) + penalty', 'vec4f(total)', 'sgd, l1 1e-5, cumulative'],
  ['cumulative l1 takes twice from negative weights', 'vec4f(total) - penalty', 'vec4f(total) + penalty', 'sgd, l1 1e-5, cumulative'],
  ['cumulative l1 crosses zero', 'max(w - (vec4f(total) + penalty), vec4f())', 'w - (vec4f(total) + penalty)', LARGE],
  ['a proximal l2 of 1e-4 is lost', 'w = w / (vec4f(1.0) + h.l2_proximal * stepped.inverse_metric);', '', 'sgd, l2 1e-4, proximal'],
  ['the division comes before the threshold', 'if (L2_PROXIMAL) { w = w', 'if (L2_PROXIMAL) { w = stepped.weight', 'momentum, elastic net, proximal'],
  ['the division forgets the metric', 'h.l2_proximal * stepped.inverse_metric', 'vec4f(h.l2_proximal)', 'adam, elastic net, proximal'],
  ['negative weights stay', 'if (NON_NEGATIVE && h.non_negative > 0.0)', 'if (false)', 'sgd, non-negative'],
  ['all tensors are non-negative', 'h.non_negative > 0.0', 'true', 'sgd, non-negative'],
  ['the clip is lost', 'if (CLIP_VALUE)', 'if (false)', 'sgd, clip by value'],
  ['negative gradients are not clipped', 'select(select(g, bound, g > bound), -bound, g < -bound)', 'select(g, bound, g > bound)', 'sgd, clip by value'],
  ['the average is lost', 'if (AVERAGE && !(UNIT_RULES && h.norm_bound != 0.0))', 'if (false)', 'adam, average'],
  ['the average copies', 'select(average + weight * (w - average), w, weight == 1.0)', 'w', 'adam, average'],
  ['the average takes the old weights', 'averaged(state[slot], w, average_weight(replica))', 'averaged(state[slot], stepped.weight, average_weight(replica))', LARGE],
  ['the average does not wait for the rule on units', '&& !(UNIT_RULES && h.norm_bound != 0.0)', '', 'the average is left to the kernel of a rule on units'],
  ['every average waits for a rule on units', '&& h.norm_bound != 0.0', '', 'the average is left to the kernel of a rule on units'],
  ['sign(w) is 1 for negative weights', 'vec4f(-1.0)', 'vec4f(1.0)', 'sgd, l1 1e-5 as a subgradient'],
  ['small weights are not set to 0', ', vec4f(), shrunk <= vec4f())', ', vec4f(), vec4<bool>())', 'adam, elastic net, proximal'],
  ['nothing is checked', '!is_finite(gradient) || !is_finite(w)', 'false', FLAGS],
  ['the soft threshold hides NaN', 'return select(bitcast<vec4f>(bitcast<vec4u>(shrunk) | sign), vec4f(), shrunk <= vec4f())', 'return select(vec4f(), bitcast<vec4f>(bitcast<vec4u>(shrunk) | sign), shrunk > vec4f())', FLAGS],
  // Of a second moment the metric's check tells, too, of a momentum the weight's: only this one looks at an average.
  ['state is not checked', 'state_not_finite || !is_finite(value)', 'state_not_finite', 'sgd: infinity in average is flagged'],
  ['a metric beyond f32 goes unseen', 'any(stepped.inverse_metric == vec4f())', 'false', 'adam: gradients of any size, right or flagged'],
  ['weights are not checked', '|| !is_finite(w)', '', FLAGS],
  ['subnormals count as not finite', '(bitcast<vec4u>(x) & vec4u(0x7f800000u)) != vec4u(0x7f800000u)', '((bitcast<vec4u>(x) & vec4u(0x7f800000u)) != vec4u(0x7f800000u)) & ((bitcast<vec4u>(x) == vec4u()) | ((bitcast<vec4u>(x) & vec4u(0x7f800000u)) != vec4u()))', FLAGS],
  ['flags take the largest step', 'atomicMin', 'atomicMax', FLAGS],
  ['flags of every tensor are the first\'s', 'flags[replica * TENSORS + tensor]', 'flags[replica * TENSORS]', FLAGS],
  ...updateEntries((optimizer) => `${optimizer}, plain`).filter(([what]) => !/l1|l2|decay|threshold/.test(what)),
  ...updateEntries((optimizer) => `${optimizer}, l1 1e-5, proximal`).filter(([what]) => /l1|threshold/.test(what)),
  ['an l2 of 1e-4 is lost', 'g += h.l2_coupled * w;', '', 'sgd, l2 1e-4, coupled'],
  ['the decay is lost', 'w *= h.decay;', '', 'sgd, weight decay 1e-2'],
]);

const FIVE = 'five replicas, some idle';
const LEFT_OUT = 'updates left out';

const normMutations = of('tensor-norms', 'three tensors, one longer than all workgroups together', [
  ['the first group does all', 'i += NORM_GROUPS * THREADS', 'i += THREADS'],
  ['a tensor longer than the workgroups is cut', 'i += NORM_GROUPS * THREADS', 'i = range.y'],
  ['the tensor is taken for its group', 'groups[group_of(replica, tensor)]', 'groups[tensor]', 'lars, another penalty on each tensor'],
  ['every tensor is the first', 'let range = tensors[tensor];', 'let range = tensors[0];'],
  ['the tree stops early', 'width > 0u', 'width > 1u'],
  ['the norm is of gradient times weight', 'let scaled = scales.x * v;', 'let scaled = scales.x * sqrt(abs(v * w));'],
  ['the weights\' norm is the gradient\'s', 'let scaled = scales.y * w;', 'let scaled = scales.y * v;', 'lars, with penalties and decay'],
  ['every replica has the first gradients', 'gradients[replica * GRADIENTS_STRIDE + index]', 'gradients[index]', FIVE],
  ['every replica has the first weights', 'parameters[replica * PARAMETERS_STRIDE + index]', 'parameters[index]', 'lars, with penalties and decay'],
  ['every replica writes the first norms', '(replica * TENSORS + tensor) * NORM_GROUPS', 'tensor * NORM_GROUPS', FIVE],
  ['an inactive replica is written', 'rows[replica].is_active == 0u ||', '', FIVE],
  ['norms before the last batch', '|| rows[replica].ends_group == 0u', '', FIVE],
  ['NaN is not counted', 'if (!is_finite(gradient)) { return false; }', 'if (!is_finite(gradient)) { return true; }', 'NaN, infinities and subnormals'],
  ['the penalties are left out', 'let g = coupled_gradient(w, gradient, h, rows[replica].clip);', 'let g = gradient;', 'lars, with penalties and decay'],
  ['the gradient is not clipped', 'let g = coupled_gradient(w, gradient, h, rows[replica].clip);', 'let g = gradient;', 'lars, clipped by value'],
  ['lamb: the norm is of the gradient', 'v = norm_vector(', 'v = g; _ = norm_vector(', 'lamb, with penalties and decay'],
  ['lamb: the direction has no decay', ' + h.decay * w;', ';', 'lamb, with penalties and decay'],
  ['lamb: every update counts', '- skips_before(', '- 0u * skips_before(', `lamb, ${LEFT_OUT}`],
]);

const spoilt = (name: string): string => `${name}, an update with NaN or infinity is left out, other replicas go on`;
const counted = (name: string): string => `${name}, the updates left out do not count`;
const clipped = (by: string): string => `clip by ${by}, one replica above and one below the bound`;

const scaledMutations = of('scaled-update', clipped('globalNorm'), [
  ['the global norm is the tensor\'s', 'clip_scale(rows[replica].clip, of_replica)', 'clip_scale(rows[replica].clip, of_tensor)'],
  ['the clip is lost', 'scale.y * (scale.x * gradients', '(gradients'],
  ['the bound is inverted', 'norms_of(sums).x > clip', 'norms_of(sums).x < clip'],
  ['the square of the norm', 'clip / sqrt(sums.sum.x)', 'clip / sums.sum.x'],
  ['the last tensor is left out of the norm', 'tensor < TENSORS; tensor++', 'tensor + 1u < TENSORS; tensor++'],
  ['the first group alone', 'group < NORM_GROUPS', 'group < 1u'],
  ['every replica has the first norms', '(replica * TENSORS + tensor) * NORM_GROUPS', 'tensor * NORM_GROUPS', 'momentum, clip by global norm, and everything'],
  ['every replica has the first gradients', 'gradients[replica * GRADIENTS_STRIDE + index]', 'gradients[index]'],
  ['the last chunk is left out', 'chunk >= CHUNKS ||', 'chunk + 1u >= CHUNKS ||'],
  ['the tensor is taken for its group', 'groups[group_of(replica, tensor)]', 'groups[tensor]', spoilt('momentum')],
  ['every tensor takes the first\'s hyperparameters', 'scaled(replica, tensor, sums[0])', 'scaled(replica, 0u, sums[0])', spoilt('momentum')],
  ['an inactive replica is written', 'rows[replica].is_active == 0u ||', ''],
  ['the weights change before the last batch', '|| rows[replica].ends_group == 0u', ''],
  ['the second row of workgroups is the first', 'workgroup.y * GRID_X + workgroup.x', 'workgroup.x', '65540 workgroups'],
  ['the norm is the replica\'s', 'clip_scale(rows[replica].clip, of_tensor)', 'clip_scale(rows[replica].clip, of_replica)', clipped('norm')],
  ['0 / 0 where the gradient is 0', 'select(vec2f(1.0), bounded, norms_of(sums).x > clip)', 'bounded * (sums.sum.x / sums.sum.x)', 'clip by norm, zero gradient'],
  ['half of an l2 is lost', 'g += h.l2_coupled * w;', 'g += 0.5 * h.l2_coupled * w;', 'the clip bounds the raw gradient, before penalties'],
  ['NaN raises no flag', '!is_finite(gradient) || !is_finite(w)', 'false', 'not skipped, NaN raises its tensor\'s flag'],
  ['nothing is skipped', 'let skip = of_replica.sum.z > 0.0;', 'let skip = false;', spoilt('adam')],
  ['a tensor skips alone', 'is_skipped(replica, sums[1],', 'is_skipped(replica, sums[0],', spoilt('adam')],
  ['a skipped update is counted as done', 'select(0u, 1u, skip)', '0u', spoilt('sgd')],
  ['every update is counted as skipped', 'select(0u, 1u, skip)', '1u', spoilt('sgd')],
  ['the count stays in its half', 'skips[(1u - (rows[replica].t & 1u)) * REPLICAS + replica] =', 'skips[(rows[replica].t & 1u) * REPLICAS + replica] =', spoilt('sgd')],
  ['the count is read from the other half', 'skips_before(replica) +', 'skips_after(replica) +', spoilt('sgd')],
  ['every replica counts the first\'s', 'skips_before(replica) +', 'skips_before(0u) +', spoilt('sgd')],
  ['the halves are exchanged', '(rows[replica].t & 1u) * REPLICAS', '(1u - (rows[replica].t & 1u)) * REPLICAS', counted('adam')],
  ['every update counts', '- skips_before(', '- 0u * skips_before(', counted('adam')],
  ['the first correction is lost', 'h.step_size = row.step_size / one_minus_power(row.log_beta1, t);', '', counted('adam')],
  ['the first correction has the other beta', 'row.step_size / one_minus_power(row.log_beta1, t)', 'row.step_size / one_minus_power(row.log_beta2, t)', counted('adamax')],
  ['the second correction is lost', 'h.inverse_c2 = 1.0 / one_minus_power(row.log_beta2, t);', '', counted('amsgrad')],
  ['the second correction has the other beta', '1.0 / one_minus_power(row.log_beta2, t)', '1.0 / one_minus_power(row.log_beta1, t)', counted('amsgrad')],
  ['the correction of the direction is lost', 'h.epsilon_root = 1.0 / one_minus_power(row.log_beta1, t);', '', counted('lamb')],
  ['1 - exp(x) where it cancels', 'x < 0.1', 'x < 0.0', counted('adam')],
  ['the series is cut off', 'x / 3.0', '0.0', counted('adam')],
  ['the first momentum is dampened', '&& t == 1.0', '&& false', counted('momentum')],
  ['every momentum is the first', '&& t == 1.0', '', counted('momentum')],
  ['the trust ratio is lost', 'if (TRUST_RATIO) {', 'if (false) {', 'lars, plain'],
  ['weights and gradient are exchanged', 'trust_ratio(norm.y, norm.x, h)', 'trust_ratio(norm.x, norm.y, h)', 'lars, plain'],
  ['lars: the decay is not in the ratio', ' + h.decay * weight_norm', '', 'lars, plain'],
  ['lars: the decay is not in the step', ' + h.decay * w)', ')', 'lars, plain'],
  ['lars: epsilon is lost', ' + h.epsilon)', ')', 'lars, large epsilon'],
  ['lars: biases have a ratio', 'h.coefficient > 0.0 &&', '', 'lars, plain'],
  ['lars: zero weights never move', 'weight_norm > 0.0 &&', '', 'lars, zero weights, then zero gradient'],
  ['lars: a zero gradient has a ratio', '&& gradient_norm > 0.0', '', 'lars, zero weights, then zero gradient'],
  ['lars: the metric forgets the ratio', 'vec4f(h.coefficient)', 'vec4f(1.0)', 'lars, l1 1e-5, proximal'],
  ['lamb: beta2 is beta1', 'h.beta2 * slots.slot1', 'h.momentum * slots.slot1', 'lamb, plain'],
  ['lamb: the decay is lost', ' + h.decay * w;', ';', 'lamb, plain'],
  ['lamb: the ratio is upside down', 'weight_norm / direction_norm, has_ratio', 'direction_norm / weight_norm, has_ratio', 'lamb, plain'],
  ['lamb: biases have a ratio', 'h.coefficient > 0.0 &&', '', 'lamb, plain'],
  ['lamb: zero weights never move', 'weight_norm > 0.0 &&', '', 'lamb, zero weights, then zero gradient'],
  ['lamb: epsilon is lost', ' + h.epsilon);', ');', 'lamb, large epsilon'],
  ['lamb: the metric forgets the ratio', 'lamb_inverse_metric(next, h) * h.coefficient', 'lamb_inverse_metric(next, h)', 'lamb, l1 1e-5, proximal'],
  ['an l1 of 1e-5 is lost', 'w = soft_threshold(w, h.l1_threshold * stepped.inverse_metric);', '', 'lars, l1 1e-5, proximal'],
  ['an l1 of 1e-5 as a subgradient is lost', 'g += h.l1_subgradient * sign_of(w);', '', 'lamb, l1 1e-5 as a subgradient'],
]);

const FOUR = 'four replicas: one without a rule, one inactive, one in the middle of an update';
const BETWEEN = 'max-norm between the norms';
const AVERAGED = 'the average follows, whether a norm was changed or not';
const OWN = 'six replicas: three were left out, all count their own updates in the average';
const LASSO = 'group lasso under momentum empties units';

const unitMutations = of('unit-constraint', BETWEEN, [
  ['the bound is lost', 'vec4f(abs(h.norm_bound))', 'vec4f(1e30)'],
  ['the norm is its square', 'let root = sqrt(squares.sum);', 'let root = squares.sum;'],
  ['the last rows are left out', 'row < unit.y; row += LANES_Y) {\n    let w = parameters[first', 'row + 1u < unit.y; row += LANES_Y) {\n    let w = parameters[first'],
  ['a column longer than the lanes is cut', 'row += LANES_Y) {\n    let w = parameters[first', 'row = unit.y) {\n    let w = parameters[first'],
  ['the tree stops early', 'width > 0u', 'width > 1u'],
  ['the lanes\' sums are mixed', 'let scale = norm_scale(partial[local.x], h, bitcast<f32>(own.y));', 'let scale = norm_scale(partial[0], h, bitcast<f32>(own.y));'],
  ['the second group of columns is the first', 'min(unit.w + local.x, unit.z - 1u)', 'min(local.x, unit.z - 1u)'],
  ['every weight takes the first\'s bound', 'rows[replica].groups[group_of(replica, own.x)]', 'rows[replica].groups[group_of(replica, 0u)]'],
  ['the weight is taken for its group', 'groups[group_of(replica, own.x)]', 'groups[own.x]'],
  ['the group lasso forgets the size', 'h.group_threshold * lasso_factor', 'h.group_threshold', LASSO],
  ['a weight is not stored', 'if (changes) { parameters[at] = w; }', ''],
  ['0 / 0 where a unit is empty', '(shrunk > vec4f()) & (bound != shrunk)', '(bound != shrunk)', 'unit norm, units without weights stay'],
  ['the smallest norm is lost', 'max(-h.norm_bound, 0.0)', '0.0', 'unit norm, units without weights stay'],
  ['the group lasso is lost', 'let shrunk = shrink * norm;', 'let shrunk = norm;', 'group lasso, then max-norm'],
  ['emptied units turn round', 'max(vec4f(1.0) - h.group_threshold * lasso_factor / max(norm, vec4f(SMALLEST_NORMAL)), vec4f())', 'vec4f(1.0) - h.group_threshold * lasso_factor / max(norm, vec4f(SMALLEST_NORMAL))', LASSO],
  ['the group lasso forgets the norm', 'h.group_threshold * lasso_factor / max(norm, vec4f(SMALLEST_NORMAL))', 'vec4f(h.group_threshold * lasso_factor)', LASSO],
  ['the bound comes before the group lasso', 'let plain = shrink * select(', 'let plain = select(', LASSO],
  ['an inactive replica is written', 'rows[replica].is_active == 0u ||', '', FOUR],
  ['the weights change before the last batch', 'rows[replica].ends_group == 0u ||', '', FOUR],
  ['a tensor without a rule is bounded to 0', '|| h.norm_bound == 0.0', '', FOUR],
  ['every replica has the first weights', 'replica * PARAMETERS_STRIDE + unit.x', 'unit.x', FOUR],
  ['the average is lost', 'state[slot] = averaged(state[slot], w, average_weight(replica));', '', AVERAGED],
  ['the average waits for a change', '|| !(changes || AVERAGE)', '|| !changes', AVERAGED],
  ['the average takes the old weights', 'averaged(state[slot], w, ', 'averaged(state[slot], w / scale.second, ', AVERAGED],
  ['the average takes the first slot', 'AVERAGE_SLOT * SLOT_STRIDE + at', 'at', AVERAGED],
  ['an update left out is bounded all the same', 'SKIP && skips_after(replica) != skips_before(replica)', 'false', OWN],
  ['the average counts what was left out', 'let t = own_t(replica);', 'let t = rows[replica].t;', OWN],
  ['the average copies for one update more', 't < start', 't <= start', OWN],
  ['the mean counts every update', '(t - start) % every == 0u', 'true', OWN],
  ['the mean forgets how many there were', '1.0 / f32((t - start) / every + 1u)', '1.0', OWN],
]);

export const updateMutations: readonly Mutation[] = [
  ...arenaMutations, ...optimizerMutations, ...normMutations, ...scaledMutations, ...unitMutations,
];
