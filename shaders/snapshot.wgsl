// Keep the last good values: copy `source` to `target` for every replica none of whose flags is raised.
//
// source, target  [replica][LENGTH4], vec4       flags  [replica][TENSORS], NO_FLAG where nothing happened
// A replica that diverged keeps its last good snapshot, whatever is dispatched after it.
// A workgroup copies CHUNK vec4s, so that a thread reads the flags once for several; chunks run over x, then y; z is the
// replica.

@group(0) @binding(1) var<storage, read> source: array<vec4f, REPLICAS * LENGTH4>;
@group(0) @binding(2) var<storage, read> flags: array<u32>;
@group(0) @binding(3) var<storage, read_write> copy: array<vec4f, REPLICAS * LENGTH4>;

@compute @workgroup_size(WORKGROUP_X)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let replica = workgroup.z;
  if (rows[replica].is_active == 0u) { return; }
  for (var tensor = 0u; tensor < TENSORS; tensor++) {
    if (flags[replica * TENSORS + tensor] != NO_FLAG) { return; }
  }
  let first = (workgroup.y * GRID_X + workgroup.x) * CHUNK;
  let end = replica * LENGTH4 + min(first + CHUNK, LENGTH4);
  for (var at = replica * LENGTH4 + first + local; at < end; at += WORKGROUP_X) { copy[at] = source[at]; }
}
