// How many bytes an adapter can move: copy = source.
//
// source, copy   [workgroups][VEC4S][THREADS], vec4
// One thread copies VEC4S vec4s (1, 4 or 8), THREADS apart: first all loads, then all stores, so that none waits for another.

@group(0) @binding(1) var<storage, read> source: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> copy: array<vec4f>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let at = workgroup.x * VEC4S * THREADS + local;
  let c0 = source[at];
  var c1: vec4f; var c2: vec4f; var c3: vec4f; var c4: vec4f; var c5: vec4f; var c6: vec4f; var c7: vec4f;
  if (VEC4S > 1u) {
    c1 = source[at + 1u * THREADS];
    c2 = source[at + 2u * THREADS];
    c3 = source[at + 3u * THREADS];
  }
  if (VEC4S > 4u) {
    c4 = source[at + 4u * THREADS];
    c5 = source[at + 5u * THREADS];
    c6 = source[at + 6u * THREADS];
    c7 = source[at + 7u * THREADS];
  }
  copy[at] = c0;
  if (VEC4S > 1u) {
    copy[at + 1u * THREADS] = c1;
    copy[at + 2u * THREADS] = c2;
    copy[at + 3u * THREADS] = c3;
  }
  if (VEC4S > 4u) {
    copy[at + 4u * THREADS] = c4;
    copy[at + 5u * THREADS] = c5;
    copy[at + 6u * THREADS] = c6;
    copy[at + 7u * THREADS] = c7;
  }
}
