// From the gradient of what the layer below stored, its activations after dropout, to that of its product:
//
//   (gradient + penalty) * dropout * f'(z)
//   penalty = (activity_l1 * sign(stored) + activity_l2 * stored) / group_count      (ACTIVITY; 0 in rows past count)
//
// SLOPE:        f', which the activation's library (slope) gets from what was stored.
// DRAW_DROPOUT: the dropout's mask is drawn again from the counter. Without it, where there is a DROPOUT, the
//               activation's own zeros are the mask: for ReLU followed by inverted dropout, stored > 0 is exactly "kept
//               and z > 0", because the scale is at least 1; no mask is stored and none is drawn again.
// UNSCALE:      what was stored went through that dropout; f' is of what it was before.
// Neither:      what is stored is the product itself.
//
// The kernel file gives load_stored(replica, row, column4): what the layer below stored.

fn activity_gradient(replica: u32, row: u32, stored: vec4f) -> vec4f {
  // Rows past count hold what the biases made of no input at all.
  if (row >= rows[replica].count) { return vec4f(); }
  let h = rows[replica].groups[group_of(replica, ACTIVITY_TENSOR)];
  return (h.activity_l1 * sign(stored) + h.activity_l2 * stored) / f32(rows[replica].group_count);
}

fn product_gradient(replica: u32, row: u32, column4: u32, gradient: vec4f) -> vec4f {
  var value = gradient;
  var stored = vec4f();
  if (ACTIVITY || SLOPE) { stored = load_stored(replica, row, column4); }
  if (ACTIVITY) { value += activity_gradient(replica, row, stored); }
  if (DRAW_DROPOUT) { value = drop_out(value, row, column4, dropout_draw(replica)); }
  if (SLOPE) {
    let scale = rows[replica].layers[DROPOUT_INDEX].scale;
    if (DROPOUT && !DRAW_DROPOUT) { value *= scale; }
    if (UNSCALE) { stored /= scale; }
    value = slope(value, stored, replica);
  }
  return value;
}
