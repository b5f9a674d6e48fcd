// A row's target, TARGET_WORDS words: the index of a class, or the bits of a vector (VECTOR_TARGETS); the last one is the bits of
// the row's weight where rows have weights (WEIGHTED).

fn target_word(replica: u32, row: u32, i: u32) -> u32 { return targets[replica * TARGETS_STRIDE + row * TARGET_WORDS + i]; }

fn target_value(replica: u32, row: u32, i: u32) -> f32 { return bitcast<f32>(target_word(replica, row, i)); }

fn row_weight(replica: u32, row: u32) -> f32 {
  if (!WEIGHTED) { return 1.0; }
  return target_value(replica, row, TARGET_WORDS - 1u);
}

// The factor of a row's gradient: the mean's.
fn row_factor(replica: u32, row: u32) -> f32 { return row_weight(replica, row) / rows[replica].layers[LOSS_LAYER].scale; }

// A sample as it is stored: negative for a miss, which the smallest number says where the loss is 0. By the bits: a maximum of it and
// NaN would be the smallest number.
fn signed_loss(loss: f32, is_hit: bool) -> f32 {
  if (is_hit) { return loss; }
  return -select(loss, 1.1754943508222875e-38, magnitude_bits(loss) < 0x00800000u);
}

fn magnitude_bits(x: f32) -> u32 { return bitcast<u32>(x) & 0x7fffffffu; }
