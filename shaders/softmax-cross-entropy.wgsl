// Softmax cross-entropy of one batch: loss, hit and logits gradient in one pass.
//
//   loss = log(sum_j exp(z_j - max z)) + max z - z_target
//   hit  = the first largest logit is the target's
//   gradient_j = (softmax(z)_j - [j = target]) / count, and 0 for rows from `count` on
//
// logits, gradient  [ROWS = batch padded to 4][classes padded to 4] as single floats; padded columns get 0
// samples           [slot][BATCH]: the loss, negative for a miss. A miss has a probability of at most 1/2,
//                   so its loss is at least log 2 and the sign is never lost.
// One thread makes one row; z is the replica.

@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> samples: array<f32>;

@compute @workgroup_size(WORKGROUP_X)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let replica = id.z;
  if (row >= ROWS || rows[replica].is_active == 0u) { return; }
  let out = GRADIENT_OFFSET + replica * GRADIENT_STRIDE + row * COLUMNS;
  if (row >= rows[replica].count) {
    for (var j = 0u; j < COLUMNS; j++) { gradient[out + j] = 0.0; }
    return;
  }
  let at = LOGITS_OFFSET + replica * LOGITS_STRIDE + row * COLUMNS;
  var largest = logits[at];
  var prediction = 0u;
  for (var j = 1u; j < CLASSES; j++) {
    let z = logits[at + j];
    if (z > largest) { largest = z; prediction = j; }
  }
  var sum = 0.0;
  for (var j = 0u; j < CLASSES; j++) { sum += exp(logits[at + j] - largest); }
  let label = targets[replica * TARGETS_STRIDE + row];
  // sum >= 1, but log may err below 0 and make a hit look like a miss. The difference first: it rounds least.
  let loss = abs(log(sum)) + (largest - logits[at + label]);
  samples[replica * SAMPLES_STRIDE + rows[replica].slot * BATCH + row] = select(-loss, loss, prediction == label);
  let count = f32(rows[replica].count);
  for (var j = 0u; j < CLASSES; j++) {
    let probability = exp(logits[at + j] - largest) / sum;
    gradient[out + j] = (probability - select(0.0, 1.0, j == label)) / count;
  }
  for (var j = CLASSES; j < COLUMNS; j++) { gradient[out + j] = 0.0; }
}
