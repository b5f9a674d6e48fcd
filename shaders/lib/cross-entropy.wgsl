// Softmax cross-entropy of one row of logits: loss, hit and logits gradient.
//
//   loss = log(sum_j exp(z_j - max z)) + max z - z_label
//   hit  = the first largest logit is the label's
//   gradient_j = (softmax(z)_j - [j = label]) / group_count, and 0 for rows from `count` on and for padded classes
//
// The kernel file gives read_logit(at), write_gradient(at, value), targets and samples.
// A sample's loss is stored negative for a miss. A miss has a probability of at most 1/2, so its loss is at least
// log 2 and the sign is never lost.
// A row whose logits or loss are not finite has none of these: what is not finite stands in the place of loss and gradient,
// so that the update meets it. A loss can overflow where the gradient of the formula does not.

fn magnitude_bits(x: f32) -> u32 { return bitcast<u32>(x) & 0x7fffffffu; }

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
  let label = targets[replica * TARGETS_STRIDE + row];
  // sum >= 1, but log may err below 0 and make a hit look like a miss. The difference first: it rounds least.
  let formula = abs(log(sum)) + (largest - read_logit(logits_at + label));
  bits = max(bits, magnitude_bits(formula));
  let is_finite = bits < 0x7f800000u;
  let loss = select(bitcast<f32>(bits), formula, is_finite);
  if (is_active) {
    samples[replica * SAMPLES_STRIDE + rows[replica].slot * BATCH + row] = select(-loss, loss, prediction == label);
  }
  let count = f32(rows[replica].group_count);
  for (var j = 0u; j < CLASSES; j++) {
    let probability = exp(read_logit(logits_at + j) - largest) / sum;
    write_gradient(gradient_at + j, select(loss, (probability - select(0.0, 1.0, j == label)) / count, is_finite));
  }
  for (var j = CLASSES; j < 4u * COLUMNS4; j++) { write_gradient(gradient_at + j, 0.0); }
}
