// Gather a batch from the resident data set, normalise it, and optionally drop inputs out.
//
//   output[b][i] = inputs[sample(b)][i] * SCALE + OFFSET        targets[b] = labels[sample(b)]
//   sample(b) = order[row.order + row.position + b], or row.position + b when SHUFFLED is false
//
// inputs   one row per sample, INPUT_WORDS u32 words: four u8 pixels per word, or f32 bits when INPUTS_U8 is false
// output   [batch padded to 4][width padded to 4], vec4; rows from `count` on and padded columns are 0
// One thread makes one vec4 of the output; x runs along the row, y along the batch, z over replicas.

@group(0) @binding(1) var<storage, read> inputs: array<u32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> targets: array<u32>;

fn read_inputs(sample: u32, column4: u32) -> vec4f {
  let at = sample * INPUT_WORDS;
  if (INPUTS_U8) {
    let word = inputs[at + column4];
    return vec4f(vec4u(word, word >> 8u, word >> 16u, word >> 24u) & vec4u(0xffu));
  }
  let i = at + 4u * column4;
  return bitcast<vec4f>(vec4u(inputs[i], inputs[i + 1u], inputs[i + 2u], inputs[i + 3u]));
}

@compute @workgroup_size(WORKGROUP_X)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column4 = id.x;
  let row = id.y;
  let replica = id.z;
  if (column4 >= COLUMNS4 || row >= ROWS || rows[replica].is_active == 0u) { return; }
  var value = vec4f();
  var label = 0u;
  if (row < rows[replica].count) {
    var sample = rows[replica].position + row;
    if (SHUFFLED) { sample = order[rows[replica].order + sample]; }
    let columns = vec4u(4u * column4) + vec4u(0u, 1u, 2u, 3u);
    value = select(vec4f(), fma(read_inputs(sample, column4), vec4f(SCALE), vec4f(OFFSET)), columns < vec4u(WIDTH));
    if (DROPOUT) {
      let words = dropout_words(row, column4, WIDTH, rows[replica].seed, STREAM, rows[replica].step);
      value = apply_dropout(value, words, rows[replica].dropouts[DROPOUT_INDEX]);
    }
    label = labels[sample];
  }
  output[OUTPUT_OFFSET + replica * OUTPUT_STRIDE + row * COLUMNS4 + column4] = value;
  if (column4 == 0u) { targets[replica * TARGETS_STRIDE + row] = label; }
}
