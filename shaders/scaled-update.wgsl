// The update of the whole parameter arena where its scale depends on norms made by tensor-norms: clipping by norm, trust
// ratios, updates left out (lib/scale.wgsl).
//
// parameters, gradients  [replica][arena], vec4, same offsets     state  [replica][slot][arena]
// chunks   tensor index of each chunk of CHUNK vec4s              norms  [replica][tensor][NORM_GROUPS]
// skips    [parity of t][replica]: updates left out so far. The half of t's parity is read, the other written.
// One workgroup updates one chunk (lib/update.wgsl); chunks run over x, then y; z is the replica.

@group(0) @binding(1) var<storage, read> gradients: array<vec4f, REPLICAS * GRADIENTS_STRIDE>;
@group(0) @binding(2) var<storage, read> chunks: array<u32>;
@group(0) @binding(3) var<storage, read> norms: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> parameters: array<vec4f, REPLICAS * PARAMETERS_STRIDE>;
@group(0) @binding(5) var<storage, read_write> state: array<vec4f, max(1u, REPLICAS * STATE_STRIDE)>;
@group(0) @binding(6) var<storage, read_write> flags: array<atomic<u32>>;
@group(0) @binding(7) var<storage, read_write> skips: array<u32>;

var<workgroup> sums: array<Squares, 2u>;  // of this tensor, of the replica

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let replica = workgroup.z;
  let chunk = workgroup.y * GRID_X + workgroup.x;
  if (chunk >= CHUNKS || rows[replica].is_active == 0u || rows[replica].ends_group == 0u) { return; }
  let tensor = chunks[chunk];
  if (local == 0u) {
    sums[0] = tensor_sum(replica, tensor);
    sums[1] = replica_sum(replica);
  }
  workgroupBarrier();
  let h = scaled(replica, tensor, sums[0]);
  if (SKIP && is_skipped(replica, sums[1], chunk == 0u && local == 0u)) { return; }
  let scale = gradient_scale(replica, sums[0], sums[1]);
  for (var i = local; i < CHUNK; i += THREADS) {
    let index = chunk * CHUNK + i;
    update_weights(replica, index, scale.y * (scale.x * gradients[replica * GRADIENTS_STRIDE + index]), h);
  }
  report_not_finite(replica, tensor);
}
