// Norms of parameters in the caller's own buffers (lib/views.wgsl), for updates whose scale depends on them.
//
//   norms[tensor][group] = sums of lib/norm-terms.wgsl, as lib/norm-sums.wgsl packs them
//
// gradients, parameters  the caller's, as single floats     state  [slot][arena], vec4
// views   one View per tensor of these two buffers          skips  [parity of t]: updates left out so far
// Workgroups of THREADS threads: x is the group, one of NORM_GROUPS that share a tensor, y the entry of `views`.
// Each thread strides over its share; a fixed tree adds the threads. There is one replica.

@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read> parameters: array<f32>;
@group(0) @binding(3) var<storage, read> state: array<vec4f>;
@group(0) @binding(4) var<storage, read> views: array<View>;
@group(0) @binding(5) var<storage, read> skips: array<u32>;
@group(0) @binding(6) var<storage, read_write> norms: array<vec4f>;

var<workgroup> partial: array<Squares, THREADS>;

// The thread's share of the view.
fn share(first: u32, h: Hyperparameters, scales: vec4f) -> vec4f {
  var sum = vec4f();
  for (var i = first; 4u * i < view.length; i += NORM_GROUPS * THREADS) {
    let index = view.state + i;
    sum += norm_terms(0u, index, load_weight(0u, index), load_gradient(index), h, scales);
  }
  return sum;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  view = views[workgroup.y];
  let h = counted(0u, rows[0].groups[group_of(0u, view.tensor)]);
  let first = workgroup.x * THREADS + local;
  var sum = share(first, h, vec4f(1.0));
  let level = level_met();
  if (must_scale(level)) { sum = share(first, h, level_scale(level)); }
  partial[local] = Squares(sum, level);
  for (var width = THREADS / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (local < width) { partial[local] = add_squares(partial[local], partial[local + width]); }
  }
  if (local == 0u) { norms[view.tensor * NORM_GROUPS + workgroup.x] = packed_sums(partial[0]); }
}
