// Inverted dropout of one vec4 of a [rows, WIDTH] matrix: kept values times 1 / (1 - p), dropped ones 0.
// element = row * WIDTH + column, over the unpadded width, so the mask does not depend on any layout.
// With a width that is no multiple of 4, a vec4 takes words of two Philox blocks.

// What a step's row says of this dropout. Read once per thread: on a software adapter reading these five words costs as much
// as three rounds of Philox.
struct DropoutDraw { seed: vec2u, step: u32, dropout: LayerNumbers }

fn dropout_draw(replica: u32) -> DropoutDraw {
  return DropoutDraw(rows[replica].seed, rows[replica].step, rows[replica].layers[DROPOUT_INDEX]);
}

fn dropout_words(row: u32, column4: u32, draw: DropoutDraw) -> vec4u {
  let element = row * WIDTH + 4u * column4;
  let block = element >> 2u;
  let first = philox4x32(vec4u(block, draw.step, STREAM, 0u), draw.seed);
  if (WIDTH % 4u == 0u) { return first; }
  let shift = element & 3u;
  if (shift == 0u) { return first; }
  let second = philox4x32(vec4u(block + 1u, draw.step, STREAM, 0u), draw.seed);
  if (shift == 1u) { return vec4u(first.yzw, second.x); }
  if (shift == 2u) { return vec4u(first.zw, second.xy); }
  return vec4u(first.w, second.xyz);
}

// select, never a product with the mask: inf * 0 would be NaN.
fn drop_out(value: vec4f, row: u32, column4: u32, draw: DropoutDraw) -> vec4f {
  let words = dropout_words(row, column4, draw);
  return select(vec4f(), value * draw.dropout.scale, words >= vec4u(draw.dropout.threshold));
}
