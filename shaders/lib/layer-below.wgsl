// From the gradient of what the layer below stored, its activations after ReLU and dropout, to that of its product:
//
//   (gradient + penalty) * mask * scale
//   penalty = (activity_l1 * sign(stored) + activity_l2 * stored) / group_count      (ACTIVITY; 0 in rows past count)
//
// MASK_POSITIVE: mask = stored > 0. For ReLU followed by inverted dropout that is exactly "kept and z > 0", because the
//                scale is at least 1; no mask is stored and none is drawn again.
// MASK_DROPOUT:  dropout without ReLU: the mask is drawn again from the counter.
// Neither:       what is stored is the product itself.
//
// The kernel file gives load_input(replica, row, column4): what the layer below stored.

fn activity_gradient(replica: u32, row: u32, stored: vec4f) -> vec4f {
  // Rows past count hold what the biases made of no input at all.
  if (row >= rows[replica].count) { return vec4f(); }
  let h = rows[replica].tensors[ACTIVITY_TENSOR];
  return (h.activity_l1 * sign(stored) + h.activity_l2 * stored) / f32(rows[replica].group_count);
}

fn product_gradient(replica: u32, row: u32, column4: u32, gradient: vec4f) -> vec4f {
  var value = gradient;
  var stored = vec4f();
  if (ACTIVITY || MASK_POSITIVE) { stored = load_input(replica, row, column4); }
  if (ACTIVITY) { value += activity_gradient(replica, row, stored); }
  if (MASK_POSITIVE) {
    var scale = 1.0;
    if (DROPOUT) { scale = rows[replica].dropouts[DROPOUT_INDEX].scale; }
    value = select(vec4f(), value * scale, stored > vec4f());
  }
  if (MASK_DROPOUT) { value = drop_out(value, row, column4, dropout_draw(replica)); }
  return value;
}
