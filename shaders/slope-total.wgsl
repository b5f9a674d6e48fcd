// PReLU with one slope for all columns, gradient of the slope: the total of what slope-gradient made.
//
// parts  LENGTH4 vec4s                         gradient of the slope  [1, padded to 4], in `gradients`
// ACCUMULATE: added to what the earlier batches of the same update left there.
// One workgroup of THREADS threads per replica, z: each sums every THREADS-th vec4, and a fixed tree adds them.

@group(0) @binding(1) var<storage, read> parts: array<vec4f, REPLICAS * PARTS_STRIDE>;
@group(0) @binding(2) var<storage, read_write> gradients: array<vec4f>;

var<workgroup> partial: array<vec4f, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let replica = workgroup.z;
  if (rows[replica].is_active == 0u) { return; }
  var sum = vec4f();
  for (var i = thread; i < LENGTH4; i += THREADS) { sum += parts[PARTS_OFFSET + replica * PARTS_STRIDE + i]; }
  partial[thread] = sum;
  for (var width = THREADS / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (thread < width) { partial[thread] += partial[thread + width]; }
  }
  if (thread > 0u) { return; }
  let four = partial[0];
  let at = SLOPE_OFFSET + replica * GRADIENTS_STRIDE;
  var total = vec4f((four.x + four.y) + (four.z + four.w), 0.0, 0.0, 0.0);
  if (ACCUMULATE && rows[replica].starts_group == 0u) { total += gradients[at]; }
  gradients[at] = total;
}
