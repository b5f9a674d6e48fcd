// How many multiply-adds an adapter can do: v = a * v + b, STEPS times in each of ACCUMULATORS independent values.
//
// factors   (a, b, unused, unused), known only at run time       results   [workgroups][THREADS], the sum of a thread's values
// With a = b = 1 a step adds exactly 1, so that the results count the steps: none was left out.
// A turn of the loop is ROUNDS steps written out, 1, 16 or 64: on SwiftShader the turn itself costs as much as 50
// multiply-adds (16 values: 1 step a turn 20 GFLOP/s, 16 72, 64 82).
// A library gives Value, f32 or vec4f, and its total. One thread computes one result.

@group(0) @binding(0) var<uniform> factors: vec4f;
@group(0) @binding(1) var<storage, read_write> results: array<f32>;

struct Values {
  v0: Value, v1: Value, v2: Value, v3: Value, v4: Value, v5: Value, v6: Value, v7: Value,
  v8: Value, v9: Value, v10: Value, v11: Value, v12: Value, v13: Value, v14: Value, v15: Value,
  v16: Value, v17: Value, v18: Value, v19: Value, v20: Value, v21: Value, v22: Value, v23: Value,
}

fn start(local: u32, index: u32) -> Value { return Value(f32(local + index)); }

fn advance(values: Values, a: Value, b: Value) -> Values {
  var v = values;
  v.v0 = fma(v.v0, a, b); v.v1 = fma(v.v1, a, b);
  if (ACCUMULATORS > 2u) { v.v2 = fma(v.v2, a, b); v.v3 = fma(v.v3, a, b); }
  if (ACCUMULATORS > 4u) { v.v4 = fma(v.v4, a, b); v.v5 = fma(v.v5, a, b); }
  if (ACCUMULATORS > 6u) { v.v6 = fma(v.v6, a, b); v.v7 = fma(v.v7, a, b); }
  if (ACCUMULATORS > 8u) {
    v.v8 = fma(v.v8, a, b); v.v9 = fma(v.v9, a, b); v.v10 = fma(v.v10, a, b); v.v11 = fma(v.v11, a, b);
  }
  if (ACCUMULATORS > 12u) {
    v.v12 = fma(v.v12, a, b); v.v13 = fma(v.v13, a, b); v.v14 = fma(v.v14, a, b); v.v15 = fma(v.v15, a, b);
  }
  if (ACCUMULATORS > 16u) {
    v.v16 = fma(v.v16, a, b); v.v17 = fma(v.v17, a, b); v.v18 = fma(v.v18, a, b); v.v19 = fma(v.v19, a, b);
    v.v20 = fma(v.v20, a, b); v.v21 = fma(v.v21, a, b); v.v22 = fma(v.v22, a, b); v.v23 = fma(v.v23, a, b);
  }
  return v;
}

fn advance_16(values: Values, a: Value, b: Value) -> Values {
  var v = values;
  v = advance(advance(advance(advance(v, a, b), a, b), a, b), a, b);
  v = advance(advance(advance(advance(v, a, b), a, b), a, b), a, b);
  v = advance(advance(advance(advance(v, a, b), a, b), a, b), a, b);
  v = advance(advance(advance(advance(v, a, b), a, b), a, b), a, b);
  return v;
}

fn sum_of(v: Values) -> f32 {
  var sum = total(v.v0) + total(v.v1);
  if (ACCUMULATORS > 2u) { sum += total(v.v2) + total(v.v3); }
  if (ACCUMULATORS > 4u) { sum += total(v.v4) + total(v.v5); }
  if (ACCUMULATORS > 6u) { sum += total(v.v6) + total(v.v7); }
  if (ACCUMULATORS > 8u) { sum += total(v.v8) + total(v.v9) + total(v.v10) + total(v.v11); }
  if (ACCUMULATORS > 12u) { sum += total(v.v12) + total(v.v13) + total(v.v14) + total(v.v15); }
  if (ACCUMULATORS > 16u) {
    sum += total(v.v16) + total(v.v17) + total(v.v18) + total(v.v19)
      + total(v.v20) + total(v.v21) + total(v.v22) + total(v.v23);
  }
  return sum;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let a = Value(factors.x);
  let b = Value(factors.y);
  var v = Values(
    start(local, 0u), start(local, 1u), start(local, 2u), start(local, 3u), start(local, 4u), start(local, 5u), start(local, 6u), start(local, 7u),
    start(local, 8u), start(local, 9u), start(local, 10u), start(local, 11u), start(local, 12u), start(local, 13u), start(local, 14u), start(local, 15u),
    start(local, 16u), start(local, 17u), start(local, 18u), start(local, 19u), start(local, 20u), start(local, 21u), start(local, 22u), start(local, 23u),
  );
  for (var done = 0u; done < STEPS; done += ROUNDS) {
    if (ROUNDS == 1u) { v = advance(v, a, b); }
    if (ROUNDS >= 16u) { v = advance_16(v, a, b); }
    if (ROUNDS == 64u) { v = advance_16(advance_16(advance_16(v, a, b), a, b), a, b); }
  }
  results[workgroup.x * THREADS + local] = sum_of(v);
}
