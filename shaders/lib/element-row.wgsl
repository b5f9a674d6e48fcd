// One row's loss and gradient by one thread (lib/element-loss.wgsl). The kernel file gives read_logit(at), write_gradient(at, value).

fn outputs_at(at: u32) -> vec4f { return vec4f(read_logit(at), read_logit(at + 1u), read_logit(at + 2u), read_logit(at + 3u)); }

fn write_gradients(at: u32, value: vec4f) {
  write_gradient(at, value.x);
  write_gradient(at + 1u, value.y);
  write_gradient(at + 2u, value.z);
  write_gradient(at + 3u, value.w);
}

fn loss_row(replica: u32, row: u32, logits_at: u32, gradient_at: u32, is_active: bool) {
  if (row >= rows[replica].count) {
    for (var k = 0u; k < COLUMNS4; k++) { write_gradients(gradient_at + 4u * k, vec4f()); }
    return;
  }
  var part = Part(0.0, 0u, 0u);
  for (var k = 0u; k < COLUMNS4; k++) { part = join(part, part_of(replica, row, k, outputs_at(logits_at + 4u * k))); }
  let own = row_loss(replica, row, part);
  if (is_active) { store_sample(replica, row, own, part); }
  // Where a gradient takes its output's place nothing reads that again.
  for (var k = 0u; k < COLUMNS4; k++) {
    write_gradients(gradient_at + 4u * k, gradient_of(replica, row, k, outputs_at(logits_at + 4u * k), own));
  }
}
