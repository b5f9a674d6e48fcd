// Losses that go element by element, their mean over a row's CLASSES outputs:
//
//   loss = weight / CLASSES * sum_j element_loss(z_j, t_j)
//   gradient_j = weight * element_gradient(z_j, t_j) / (CLASSES * divisor)
//   hit: no output is a miss
//
// The loss's own library gives element_loss(z, t, own), element_gradient(z, t, own), both of four values, and is_miss(z, t); `own` has
// the loss's numbers.

// What some outputs of a row come to: their losses, the largest bits of all that may not be finite, whether there was a miss.
struct Part { sum: f32, bits: u32, misses: u32 }

fn is_output(column4: u32) -> vec4<bool> { return vec4u(4u * column4) + vec4u(0u, 1u, 2u, 3u) < vec4u(CLASSES); }

fn target_vec4(replica: u32, row: u32, column4: u32) -> vec4f {
  let i = 4u * column4;
  return vec4f(
    target_value(replica, row, i), target_value(replica, row, i + 1u), target_value(replica, row, i + 2u), target_value(replica, row, i + 3u),
  );
}

fn part_of(replica: u32, row: u32, column4: u32, outputs: vec4f) -> Part {
  let is_own = is_output(column4);
  let z = select(vec4f(), outputs, is_own);
  let t = select(vec4f(), target_vec4(replica, row, column4), is_own);
  let losses = select(vec4f(), element_loss(z, t, rows[replica].layers[LOSS_LAYER]), is_own);
  let size = bitcast<vec4u>(z) & vec4u(0x7fffffffu);
  let misses = is_miss(z, t) & is_own;
  return Part(losses.x + losses.y + losses.z + losses.w, max(max(size.x, size.y), max(size.z, size.w)), select(0u, 1u, any(misses)));
}

fn join(a: Part, b: Part) -> Part { return Part(a.sum + b.sum, max(a.bits, b.bits), a.misses | b.misses); }

// A row's loss, and what stands in the place of its gradients where that is not finite.
struct RowLoss { loss: f32, is_finite: bool }

fn row_loss(replica: u32, row: u32, part: Part) -> RowLoss {
  let formula = row_weight(replica, row) * (part.sum / f32(CLASSES));
  let bits = max(part.bits, magnitude_bits(formula));
  let is_finite = bits < 0x7f800000u;
  return RowLoss(select(bitcast<f32>(bits), formula, is_finite), is_finite);
}

fn store_sample(replica: u32, row: u32, own: RowLoss, part: Part) {
  samples[replica * SAMPLES_STRIDE + rows[replica].slot * BATCH + row] = signed_loss(own.loss, part.misses == 0u);
}

fn gradient_of(replica: u32, row: u32, column4: u32, outputs: vec4f, own: RowLoss) -> vec4f {
  let slope = element_gradient(outputs, target_vec4(replica, row, column4), rows[replica].layers[LOSS_LAYER]);
  let value = select(vec4f(own.loss), slope * (row_factor(replica, row) / f32(CLASSES)), vec4<bool>(own.is_finite));
  return select(vec4f(), value, is_output(column4));
}
