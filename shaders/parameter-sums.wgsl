// Sums over one chunk of the parameter arena, for penalties, norms and exact zeros.
//
//   sums[replica][chunk] = (sum |w|, sum w^2, number of w == 0, 0)
//
// parameters  [replica][arena], vec4. Pads are zeros: they add nothing to the first two sums, and their number is
//             known and subtracted by the caller.
// One workgroup reduces one chunk of CHUNK vec4s by a fixed tree; chunks run over x, then y; z is the replica.

@group(0) @binding(1) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;

var<workgroup> partial: array<f32, 3u * CHUNK>;  // [sum][thread]

@compute @workgroup_size(CHUNK)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let replica = workgroup.z;
  let chunk = min(workgroup.y * GRID_X + workgroup.x, CHUNKS - 1u);
  let w = parameters[replica * PARAMETERS_STRIDE + chunk * CHUNK + local];
  let zeros = select(vec4f(), vec4f(1.0), w == vec4f());
  let ones = vec4f(1.0);
  partial[local] = dot(abs(w), ones);
  partial[CHUNK + local] = dot(w, w);
  partial[2u * CHUNK + local] = dot(zeros, ones);
  for (var width = CHUNK / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (local < width) {
      partial[local] += partial[local + width];
      partial[CHUNK + local] += partial[CHUNK + local + width];
      partial[2u * CHUNK + local] += partial[2u * CHUNK + local + width];
    }
  }
  if (local == 0u) {
    sums[replica * CHUNKS + chunk] = vec4f(partial[0], partial[CHUNK], partial[2u * CHUNK], 0.0);
  }
}
