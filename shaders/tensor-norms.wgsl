// Norms of whole tensors, for updates whose scale depends on them: clipping by norm, trust ratios, skipped steps.
//
//   norms[replica][tensor][group] = sums of lib/norm-terms.wgsl, as lib/norm-sums.wgsl packs them
//
// gradients, parameters  [replica][arena], vec4     state  [replica][slot][arena]
// tensors   offset and length of each tensor, in vec4s
// skips     [parity of t][replica]: updates left out so far
// Workgroups of THREADS threads: x is the group, one of NORM_GROUPS that share a tensor, y the tensor, z the replica.
// Each thread strides over its share; a fixed tree adds the threads. Pads are zeros: they add nothing.

@group(0) @binding(1) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(2) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(3) var<storage, read> state: array<vec4f>;
@group(0) @binding(4) var<storage, read> tensors: array<vec2u>;
@group(0) @binding(5) var<storage, read> skips: array<u32>;
@group(0) @binding(6) var<storage, read_write> norms: array<vec4f>;

var<workgroup> partial: array<Squares, THREADS>;

// The thread's share of a tensor.
fn share(replica: u32, first: u32, range: vec2u, h: Hyperparameters, scales: vec4f) -> vec4f {
  var sum = vec4f();
  for (var i = first; i < range.y; i += NORM_GROUPS * THREADS) {
    let index = range.x + i;
    let w = parameters[replica * PARAMETERS_STRIDE + index];
    sum += norm_terms(replica, index, w, gradients[replica * GRADIENTS_STRIDE + index], h, scales);
  }
  return sum;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let replica = workgroup.z;
  let tensor = workgroup.y;
  if (rows[replica].is_active == 0u || rows[replica].ends_group == 0u) { return; }
  let range = tensors[tensor];
  let h = counted(replica, rows[replica].groups[group_of(replica, tensor)]);
  let first = workgroup.x * THREADS + local;
  var sum = share(replica, first, range, h, vec4f(1.0));
  let level = level_met();
  if (must_scale(level)) { sum = share(replica, first, range, h, level_scale(level)); }
  partial[local] = Squares(sum, level);
  for (var width = THREADS / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (local < width) { partial[local] = add_squares(partial[local], partial[local + width]); }
  }
  if (local == 0u) { norms[(replica * TENSORS + tensor) * NORM_GROUPS + workgroup.x] = packed_sums(partial[0]); }
}
