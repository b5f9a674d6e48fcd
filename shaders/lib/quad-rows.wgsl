// Left blocks of lib/direct-product.wgsl, shared by the four threads of a quad (neighbours along x, which work on the same
// rows): each loads one part and hands it to the others. On adapters whose loads gather lane by lane that is a quarter
// of the left loads: a step of 784-1000-500-10 takes 70 ms instead of 113 (SwiftShader, the best tiles of each kind).
// WORKGROUP_X is a multiple of 4, so that quads do not straddle rows.

fn left(base: u32, k: u32, thread: u32) -> mat4x4f {
  let part = left_part(base, k, thread & 3u);
  return left_block(mat4x4f(
    quadBroadcast(part, 0u), quadBroadcast(part, 1u), quadBroadcast(part, 2u), quadBroadcast(part, 3u),
  ));
}
