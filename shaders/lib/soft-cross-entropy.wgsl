// Softmax cross-entropy of one row of logits against a distribution q over the classes: loss, hit and logits gradient.
//
//   q_j = (1 - smoothing) target_j + smoothing / CLASSES; of the index of a class the target is one-hot
//   loss = weight * sum_j c_j q_j (log(sum_i exp(z_i - max z)) + max z - z_j)      c_j: how much class j counts
//   gradient_k = weight * (softmax(z)_k * sum_j c_j q_j - c_k q_k) / divisor, and 0 for rows from `count` on and for padded classes
//   hit  = the first largest logit is the class, or where the target's first largest value is
//
// The kernel file gives read_logit(at), write_gradient(at, value), targets and samples.
// As in lib/cross-entropy.wgsl what is not finite stands in the place of loss and gradient.

fn smoothed(replica: u32, row: u32, j: u32) -> f32 {
  let smoothing = rows[replica].layers[LOSS_LAYER].first;
  var own = 0.0;
  if (VECTOR_TARGETS) { own = target_value(replica, row, j); }
  else { own = select(0.0, 1.0, target_word(replica, row, 0u) == j); }
  return class_weight(j) * ((1.0 - smoothing) * own + smoothing / f32(CLASSES));
}

fn target_class(replica: u32, row: u32) -> u32 {
  if (!VECTOR_TARGETS) { return target_word(replica, row, 0u); }
  var found = 0u;
  for (var j = 1u; j < CLASSES; j++) {
    if (target_value(replica, row, j) > target_value(replica, row, found)) { found = j; }
  }
  return found;
}

fn loss_row(replica: u32, row: u32, logits_at: u32, gradient_at: u32, is_active: bool) {
  if (row >= rows[replica].count) {
    for (var j = 0u; j < 4u * COLUMNS4; j++) { write_gradient(gradient_at + j, 0.0); }
    return;
  }
  var largest = read_logit(logits_at);
  var prediction = 0u;
  for (var j = 1u; j < CLASSES; j++) {
    let z = read_logit(logits_at + j);
    if (z > largest) { largest = z; prediction = j; }
  }
  var sum = 0.0;
  var bits = 0u;
  for (var j = 0u; j < CLASSES; j++) {
    let z = read_logit(logits_at + j);
    sum += exp(z - largest);
    bits = max(bits, magnitude_bits(z));
  }
  // sum >= 1, but log may err below 0. The difference first: it rounds least.
  let log_sum = abs(log(sum));
  var whole = 0.0;
  var formula = 0.0;
  for (var j = 0u; j < CLASSES; j++) {
    let q = smoothed(replica, row, j);
    whole += q;
    formula += q * (log_sum + (largest - read_logit(logits_at + j)));
  }
  formula *= row_weight(replica, row);
  bits = max(bits, magnitude_bits(formula));
  let is_finite = bits < 0x7f800000u;
  let loss = select(bitcast<f32>(bits), formula, is_finite);
  if (is_active) {
    samples[replica * SAMPLES_STRIDE + rows[replica].slot * BATCH + row] = signed_loss(loss, prediction == target_class(replica, row));
  }
  let factor = row_factor(replica, row);
  for (var j = 0u; j < CLASSES; j++) {
    let probability = exp(read_logit(logits_at + j) - largest) / sum;
    write_gradient(gradient_at + j, select(loss, (probability * whole - smoothed(replica, row, j)) * factor, is_finite));
  }
  for (var j = CLASSES; j < 4u * COLUMNS4; j++) { write_gradient(gradient_at + j, 0.0); }
}
