// Hyperparameters that depend on the number of the update, where only the GPU knows it: a skipped update does not
// count (lib/skips.wgsl). The row then holds them as they are for t = infinity: no bias correction.

// 1 - beta^t from log(beta): by its series where the difference would cancel.
fn one_minus_power(log_beta: f32, t: f32) -> f32 {
  let x = -log_beta * t;
  let series = x * (1.0 - x / 2.0 * (1.0 - x / 3.0 * (1.0 - x / 4.0 * (1.0 - x / 5.0 * (1.0 - x / 6.0)))));
  return select(1.0 - exp(-x), series, x < 0.1);
}

fn counted(replica: u32, row: Hyperparameters) -> Hyperparameters {
  var h = row;
  if (SKIP) {
    let t = f32(own_t(replica));
    if (FIRST_MOMENT_CORRECTION) { h.step_size = row.step_size / one_minus_power(row.log_beta1, t); }
    if (DIRECTION_CORRECTION) { h.epsilon_root = 1.0 / one_minus_power(row.log_beta1, t); }
    if (SECOND_MOMENT_CORRECTION) { h.inverse_c2 = 1.0 / one_minus_power(row.log_beta2, t); }
    if (FIRST_GRADIENT_WHOLE && t == 1.0) { h.gradient_weight = 1.0; }
  }
  return h;
}
