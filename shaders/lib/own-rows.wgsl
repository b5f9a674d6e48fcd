// Left blocks of lib/direct-product.wgsl: every thread loads all four parts itself.

fn left(base: u32, k: u32, thread: u32) -> mat4x4f {
  return left_block(mat4x4f(
    left_part(base, k, 0u), left_part(base, k, 1u), left_part(base, k, 2u), left_part(base, k, 3u),
  ));
}
