/** Mistakes in the kernels on the caller's own buffers. */
import type { Mutation } from './mutations.ts';

type Entry = readonly [what: string, from: string, to: string, inCase?: string];

const of = (kernel: string, usual: string, entries: readonly Entry[]): Mutation[] =>
  entries.map(([what, from, to, inCase = usual]) => ({ kernel, what, from, to, case: inCase }));

const SKIP = 'adam counts updates without those left out', LEFT_OUT = 'adam leaves out an update that is not finite';

export const viewMutations: readonly Mutation[] = [
  ...of('view-update', 'adam, plain', [
    ['the tail of a view is not read', 'start + i < view.length; i++) { w[i]', 'start + i + 1u < view.length; i++) { w[i]'],
    ['the tail of a gradient is not read', 'start + i < view.length; i++) { g[i]', 'start + i + 1u < view.length; i++) { g[i]'],
    ['the tail is not written', 'let end = min(start + 4u, view.length);', 'let end = start + select(0u, 4u, start + 4u <= view.length);'],
    ['what lies behind a view is written', 'let end = min(start + 4u, view.length);', 'let end = start + 4u;'],
    ['a whole vec4 is taken for a tail', 'return vec4f(parameters[at], parameters[at + 1u], parameters[at + 2u], parameters[at + 3u]);', 'return vec4f();'],
    ['weights are read from the start of the buffer', 'let at = view.weights + start;', 'let at = start;'],
    ['gradients are read where the weights lie', 'let at = view.gradients + start;', 'let at = view.weights + start;'],
    ['weights are stored at the start of the buffer', 'parameters[view.weights + i]', 'parameters[i]'],
    ['the state of another tensor is used', 'let index = view.state + i;', 'let index = i;'],
    ['every chunk is the first', 'view = chunks[chunk];', 'view = chunks[0];'],
    ['the tensor is taken for its group', 'groups[group_of(replica, tensor)]', 'groups[tensor]'],
    ['the last thread of a chunk does nothing', '4u * i < view.length; i += THREADS) {\n    let index', '4u * i + 4u < view.length; i += THREADS) {\n    let index'],
    ['the clip by norm is that of all tensors', 'return clip_scale(rows[replica].clip, of_tensor);', 'return clip_scale(rows[replica].clip, of_replica);', 'momentum, clip by norm'],
    ['the clip by global norm is that of one tensor', 'return clip_scale(rows[replica].clip, of_replica);', 'return clip_scale(rows[replica].clip, of_tensor);', 'momentum, clip by globalNorm'],
    ['only one group of norms is added', 'group < NORM_GROUPS', 'group < 1u', 'momentum, clip by norm'],
    ['the trust ratio is lost', 'h.coefficient = trust_ratio(norm.y, norm.x, h);', '', 'lamb, plain'],
    ['weight and step are exchanged in the ratio', 'trust_ratio(norm.y, norm.x, h)', 'trust_ratio(norm.x, norm.y, h)', 'lamb, plain'],
    ['updates left out count', 'rows[replica].t - skips_before', 'rows[replica].t - 0u * skips_before', SKIP],
    ['no update is left out', 'let skip = of_replica.sum.z > 0.0;', 'let skip = false;', LEFT_OUT],
    ['an update left out is not counted', 'select(0u, 1u, skip)', '0u', LEFT_OUT],
    ['what leaves the update out raises no flag', 'state_not_finite = sums[0].sum.z > 0.0;\n    report_not_finite(0u, view.tensor);', '', LEFT_OUT],
    ['every tensor of an update left out is flagged', 'state_not_finite = sums[0].sum.z > 0.0;', 'state_not_finite = sums[1].sum.z > 0.0;', LEFT_OUT],
    ['a gradient that leaves the update out passes for state', 'not_finite = not_finite || !is_finite(load_gradient(view.state + i));', '', LEFT_OUT],
    ['an overwritten row is used', '>= IN_FLIGHT', '> 1000u', 'an update whose row was overwritten changes nothing'],
    ['an update that is done runs again', '>= IN_FLIGHT', '== IN_FLIGHT', 'an update that is done changes nothing'],
    ['the one after it runs', 'return atomicLoad(&flags[TENSORS]) == 0u;', 'return rows[0].step - skips[2u + (rows[0].step & 1u)] >= IN_FLIGHT;', 'an update after another that is astray changes nothing'],
    ['nothing may be missing', '>= IN_FLIGHT', '> 0u', 'an update with four missing before it runs'],
    ['the next step is not handed on', 'skips[3u - (rows[0].step & 1u)] = rows[0].step + 1u;', '', SKIP],
    ['the flag is that of the first tensor', 'flags[replica * TENSORS + tensor]', 'flags[replica * TENSORS]', 'a gradient that is not finite is flagged'],
  ]),
  ...of('view-norms', 'sgd', [
    ['the tail of a view is left out', '4u * i < view.length', '4u * i + 3u < view.length'],
    ['half of the threads are lost', 'width > 0u; width /= 2u', 'width > 1u; width /= 2u'],
    ['groups start at the same place', 'workgroup.x * THREADS + local', 'local'],
    ['the second tensor is the first', 'view = views[workgroup.y];', 'view = views[0];'],
    ['the tensor is taken for its group', 'groups[group_of(0u, view.tensor)]', 'groups[view.tensor]', 'lars'],
    ['norms land in one place', 'norms[view.tensor * NORM_GROUPS + workgroup.x]', 'norms[workgroup.x]'],
    ['the norm is that of the gradient, not of the direction', 'v = norm_vector(w, g, load_slots(replica * STATE_STRIDE + index), h);', '', 'lamb'],
    ['coupled penalties do not reach the norm', 'v = norm_vector(w, g, load_slots(replica * STATE_STRIDE + index), h);', 'v = gradient;', 'lars'],
  ]),
  ...of('view-unit-constraint', 'max-norm, in-out', [
    ['the norm misses a lane', 'width > 0u; width /= 2u', 'width > 1u; width /= 2u'],
    ['the norm is of the first rows', 'input < unit.inputs; input += LANES_Y) {\n    let w =', 'input < min(unit.inputs, LANES_Y); input += LANES_Y) {\n    let w ='],
    ['units are taken for inputs', 'min(unit.first + local.x, unit.outputs - 1u) * unit.unit_stride', 'min(unit.first + local.x, unit.outputs - 1u) * unit.input_stride'],
    ['only the first eight units are bounded', 'min(unit.first + local.x, unit.outputs - 1u)', 'min(local.x, unit.outputs - 1u)'],
    ['units past the last are written again', 'unit.first + local.x >= unit.outputs || ', '', 'max-norm, in-out, average'],
    ['nothing is stored', 'if (scale.y != 1.0) { parameters[unit.weights + at] = w; }', ''],
    ['the weight is taken for its group', 'groups[group_of(0u, unit.tensor)]', 'groups[unit.tensor]'],
    ['the maximum is lost', 'vec4f(abs(h.norm_bound))', 'vec4f(1e30)'],
    ['the minimum is lost', 'max(-h.norm_bound, 0.0)', '0.0', 'unit-norm, out-in'],
    ['the group threshold is lost', 'vec4f(1.0) - h.group_threshold', 'vec4f(1.0) - 0.0 * h.group_threshold', 'group lasso, out-in'],
    ['the size is lost', 'h.group_threshold * lasso_factor', 'h.group_threshold', 'group lasso, out-in'],
    ['an update left out is bounded all the same', 'skips_after(0u) != skips_before(0u)', 'false', 'max-norm and average of an update that is left out'],
    ['an update astray is bounded all the same', 'flags[TENSORS] == 0u ||', '', 'max-norm and average of an update that was astray'],
    ['the average is that of the weights before', 'averaged(vec4f(state[slot]), vec4f(w),', 'averaged(vec4f(state[slot]), vec4f(w / scale.y),', 'max-norm, out-in, average'],
  ]),
];
