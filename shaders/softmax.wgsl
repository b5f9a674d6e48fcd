// Softmax: output_j = exp(z_j - max z) / sum_i exp(z_i - max z).
//
// logits, output  [ROWS = batch padded to 4][classes padded to 4] as single floats; padded columns get 0
// One thread makes one row; z is the replica.

@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(WORKGROUP_X)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let replica = id.z;
  if (row >= ROWS || rows[replica].is_active == 0u) { return; }
  let at = LOGITS_OFFSET + replica * LOGITS_STRIDE + row * COLUMNS;
  let out = OUTPUT_OFFSET + replica * OUTPUT_STRIDE + row * COLUMNS;
  var largest = logits[at];
  for (var j = 1u; j < CLASSES; j++) {
    let z = logits[at + j];
    if (z > largest) { largest = z; }
  }
  var sum = 0.0;
  for (var j = 0u; j < CLASSES; j++) { sum += exp(logits[at + j] - largest); }
  for (var j = 0u; j < COLUMNS; j++) {
    output[out + j] = select(0.0, exp(logits[at + j] - largest) / sum, j < CLASSES);
  }
}
