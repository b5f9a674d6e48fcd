// Inverted dropout of one vec4 of a [rows, width] matrix: kept values times 1 / (1 - p), dropped ones 0.
// element = row * width + column, over the unpadded width, so the mask does not depend on any layout.
// With a width that is no multiple of 4, a vec4 takes words of two Philox blocks.

fn dropout_words(row: u32, column4: u32, width: u32, seed: vec2u, stream: u32, step: u32) -> vec4u {
  let element = row * width + 4u * column4;
  let block = element >> 2u;
  let first = philox4x32(vec4u(block, step, stream, 0u), seed);
  if (width % 4u == 0u) { return first; }
  let shift = element & 3u;
  if (shift == 0u) { return first; }
  let second = philox4x32(vec4u(block + 1u, step, stream, 0u), seed);
  if (shift == 1u) { return vec4u(first.yzw, second.x); }
  if (shift == 2u) { return vec4u(first.zw, second.xy); }
  return vec4u(first.w, second.xyz);
}

// select, never a product with the mask: inf * 0 would be NaN.
fn apply_dropout(value: vec4f, words: vec4u, dropout: Dropout) -> vec4f {
  return select(vec4f(), value * dropout.scale, words >= vec4u(dropout.threshold));
}
