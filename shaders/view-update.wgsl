// One update of parameters in the caller's own buffers (lib/views.wgsl), in one dispatch for all views that share their
// two buffers, with whatever the norms by view-norms say (lib/scale.wgsl).
//
// gradients, parameters  the caller's, as single floats     state  [slot][arena], vec4
// chunks  a View of at most 4 * CHUNK floats per workgroup: a workgroup never straddles tensors
// norms   [tensor][NORM_GROUPS]                              skips  [parity of t]: updates left out so far
// One workgroup updates one chunk (lib/update.wgsl); chunks run over x, then y. There is one replica.

@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read> chunks: array<View>;
@group(0) @binding(3) var<storage, read> norms: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(5) var<storage, read_write> state: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> flags: array<atomic<u32>>;
@group(0) @binding(7) var<storage, read_write> skips: array<u32>;

var<workgroup> sums: array<Squares, 2u>;  // of this tensor, of all tensors

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let chunk = workgroup.y * GRID_X + workgroup.x;
  if (chunk >= CHUNKS) { return; }
  view = chunks[chunk];
  if (NORMS) {
    if (local == 0u) {
      sums[0] = tensor_sum(0u, view.tensor);
      sums[1] = replica_sum(0u);
    }
    workgroupBarrier();
  }
  let h = scaled(0u, view.tensor, sums[0]);
  if (SKIP && is_skipped(0u, sums[1], view.state == 0u && local == 0u)) { return; }
  let scale = gradient_scale(0u, sums[0], sums[1]);
  for (var i = local; 4u * i < view.length; i += THREADS) {
    let index = view.state + i;
    update_weights(0u, index, scale.y * (scale.x * load_gradient(index)), h);
  }
  report_not_finite(0u, view.tensor);
}
