// Philox 4x32-10 (Salmon et al., SC 2011): ten rounds of a counter-based random function.
// counter = [element >> 2, step, stream, 0], key = seed. Word element & 3 belongs to the element.
// Scalars rather than vec4<u32>: a software adapter runs the vector form at half the speed.

fn multiply_high(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let middle = a1 * b0 + ((a0 * b0) >> 16u);
  let low = (middle & 0xffffu) + a0 * b1;
  return a1 * b1 + (middle >> 16u) + (low >> 16u);
}

fn philox4x32(counter: vec4u, key: vec2u) -> vec4u {
  var c0 = counter.x;
  var c1 = counter.y;
  var c2 = counter.z;
  var c3 = counter.w;
  var k0 = key.x;
  var k1 = key.y;
  for (var round = 0u; round < 10u; round++) {
    let high0 = multiply_high(0xd2511f53u, c0);
    let low0 = 0xd2511f53u * c0;
    let high1 = multiply_high(0xcd9e8d57u, c2);
    let low1 = 0xcd9e8d57u * c2;
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  return vec4u(c0, c1, c2, c3);
}
