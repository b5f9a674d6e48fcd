// Sums over one chunk of the parameter arena, for penalties, norms and exact zeros.
//
//   sums[replica][chunk] = (sum |w|, sum w^2, number of w == 0, the level of sum w^2, see lib/squares.wgsl)
//
// parameters  [replica][arena], vec4. Pads are zeros: they add nothing to the first two sums, and their number is
//             known and subtracted by the caller.
// One workgroup of THREADS threads reduces one chunk of CHUNK vec4s; chunks run over x, then y; z is the replica. Each
// thread strides over its share, a fixed tree adds the threads: on a software adapter barriers are dearer than sums.

@group(0) @binding(1) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;

var<workgroup> partial: array<Squares, THREADS>;
var<private> largest: vec4u;

// The thread's share of the chunk beginning at `first`.
fn share(first: u32, local: u32, scale: f32) -> vec4f {
  let ones = vec4f(1.0);
  var sum = vec4f();
  for (var i = local; i < CHUNK; i += THREADS) {
    let w = parameters[first + i];
    let zeros = select(vec4f(), ones, w == vec4f());
    largest = max(largest, magnitude(w));
    let scaled = scale * w;
    sum += vec4f(dot(abs(w), ones), dot(scaled, scaled), dot(zeros, ones), 0.0);
  }
  return sum;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let replica = workgroup.z;
  let chunk = min(workgroup.y * GRID_X + workgroup.x, CHUNKS - 1u);
  let first = replica * PARAMETERS_STRIDE + chunk * CHUNK;
  var sum = share(first, local, 1.0);
  let most = largest_lane(largest);
  let level = vec4f(0.0, level_of(vec4u(most)).y, 0.0, 0.0);
  if (level.y != 0.0 && most > 0u) { sum = share(first, local, level_scale(level).y); }
  partial[local] = Squares(sum, level);
  for (var width = THREADS / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (local < width) { partial[local] = add_squares(partial[local], partial[local + width]); }
  }
  if (local == 0u) { sums[replica * CHUNKS + chunk] = vec4f(partial[0].sum.xyz, partial[0].level.y); }
}
