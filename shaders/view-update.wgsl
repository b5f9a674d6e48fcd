// One update of parameters in the caller's own buffers (lib/views.wgsl), in one dispatch for all views that share their
// two buffers, with whatever the norms by view-norms say (lib/scale.wgsl).
//
// gradients, parameters  the caller's, as single floats     state  [slot][arena], vec4
// chunks  a View of at most 4 * CHUNK floats per workgroup: a workgroup never straddles tensors
// norms   [tensor][NORM_GROUPS]
// skips   [parity of t]: updates left out so far; behind them [parity of step]: the step that is next
// flags   [tensor]; behind them 0 as soon as an update came that is not the next one
// One workgroup updates one chunk (lib/update.wgsl); chunks run over x, then y. There is one replica.

@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read> chunks: array<View>;
@group(0) @binding(3) var<storage, read> norms: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(5) var<storage, read_write> state: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> flags: array<atomic<u32>>;
@group(0) @binding(7) var<storage, read_write> skips: array<u32>;

var<workgroup> sums: array<Squares, 2u>;  // of this tensor, of all tensors

// Whether this is not the next update: its row was overwritten before it ran, or it runs out of turn. From then on none
// runs. Fewer than IN_FLIGHT before it may be missing: what was encoded need not be submitted.
fn is_astray() -> bool {
  if (rows[0].step - skips[2u + (rows[0].step & 1u)] >= IN_FLIGHT) { atomicStore(&flags[TENSORS], 0u); }
  return atomicLoad(&flags[TENSORS]) == 0u;
}

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
  if (is_astray()) { return; }
  let is_first = view.state == 0u && local == 0u;
  if (is_first) { skips[3u - (rows[0].step & 1u)] = rows[0].step + 1u; }
  let h = scaled(0u, view.tensor, sums[0]);
  if (SKIP && is_skipped(0u, sums[1], is_first)) {
    for (var i = local; 4u * i < view.length; i += THREADS) { not_finite = not_finite || !is_finite(load_gradient(view.state + i)); }
    state_not_finite = sums[0].sum.z > 0.0;
    report_not_finite(0u, view.tensor);
    return;
  }
  let scale = gradient_scale(0u, sums[0], sums[1]);
  for (var i = local; 4u * i < view.length; i += THREADS) {
    let index = view.state + i;
    update_weights(0u, index, scale.y * (scale.x * load_gradient(index)), h);
  }
  report_not_finite(0u, view.tensor);
}
