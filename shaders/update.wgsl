// One update of the whole parameter arena from stored gradients, in one dispatch for all tensors.
//
// parameters, gradients  [replica][arena], vec4, same offsets     state  [replica][slot][arena]
// chunks                 tensor index of each chunk of CHUNK vec4s: a workgroup never straddles tensors
// One workgroup updates one chunk (lib/update.wgsl); chunks run over x, then y; z is the replica.

@group(0) @binding(1) var<storage, read> gradients: array<vec4f, REPLICAS * GRADIENTS_STRIDE>;
@group(0) @binding(2) var<storage, read> chunks: array<u32>;
@group(0) @binding(3) var<storage, read_write> parameters: array<vec4f, REPLICAS * PARAMETERS_STRIDE>;
@group(0) @binding(4) var<storage, read_write> state: array<vec4f, max(1u, REPLICAS * STATE_STRIDE)>;
@group(0) @binding(5) var<storage, read_write> flags: array<atomic<u32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let replica = workgroup.z;
  let chunk = workgroup.y * GRID_X + workgroup.x;
  if (chunk >= CHUNKS || rows[replica].is_active == 0u || rows[replica].ends_group == 0u) { return; }
  let tensor = chunks[chunk];
  let h = rows[replica].groups[group_of(replica, tensor)];
  for (var i = local; i < CHUNK; i += THREADS) {
    let index = chunk * CHUNK + i;
    update_weights(replica, index, gradients[replica * GRADIENTS_STRIDE + index], h);
  }
  report_not_finite(replica, tensor);
}
