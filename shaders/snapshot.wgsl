// Keep the last good values: copy `source` to `copy` for every replica none of whose flags is raised and whose forward pass
// in this step was of use: no loss above MOST_LOSS, nor NaN. A weight may be finite and yet no good, 1e30 say.
//
// source, copy  [replica][LENGTH4], vec4       flags  [replica][TENSORS], NO_FLAG where nothing happened
// samples       [replica][slot][BATCH]: the losses of the step, which no update has followed yet
// A replica that diverged keeps its last good snapshot, whatever is dispatched after it.
// A workgroup copies CHUNK vec4s, so that it reads flags and losses once for many; chunks run over x, then y; z is the
// replica.

@group(0) @binding(1) var<storage, read> source: array<vec4f, REPLICAS * LENGTH4>;
@group(0) @binding(2) var<storage, read> flags: array<u32>;
@group(0) @binding(3) var<storage, read> samples: array<f32>;
@group(0) @binding(4) var<storage, read_write> copy: array<vec4f, REPLICAS * LENGTH4>;

var<workgroup> useless: array<u32, WORKGROUP_X>;  // whether one of each thread's losses is

@compute @workgroup_size(WORKGROUP_X)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let replica = workgroup.z;
  if (rows[replica].is_active == 0u) { return; }
  for (var tensor = 0u; tensor < TENSORS; tensor++) {
    if (flags[replica * TENSORS + tensor] != NO_FLAG) { return; }
  }
  let first_sample = replica * SAMPLES_STRIDE + rows[replica].slot * BATCH;
  var own = 0u;
  for (var i = local; i < rows[replica].count; i += WORKGROUP_X) {
    let loss = samples[first_sample + i];
    if (!is_finite(vec4f(loss)) || abs(loss) > MOST_LOSS) { own = 1u; }
  }
  useless[local] = own;
  workgroupBarrier();
  for (var thread = 0u; thread < WORKGROUP_X; thread++) {
    if (useless[thread] != 0u) { return; }
  }
  let first = (workgroup.y * GRID_X + workgroup.x) * CHUNK;
  let end = replica * LENGTH4 + min(first + CHUNK, LENGTH4);
  for (var at = replica * LENGTH4 + first + local; at < end; at += WORKGROUP_X) { copy[at] = source[at]; }
}
