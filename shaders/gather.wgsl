// Gather a batch from the resident data set, normalise it, and optionally drop inputs out.
//
//   output[b][i] = seen(inputs[sample(b)][i])        targets[b] = labels[sample(b)], LABEL_WORDS words of each
//   sample(b) = order[row.order + row.position + b], or row.position + b when SHUFFLED is false
//   seen: lib/usual-scale.wgsl or lib/normalised.wgsl
//
// labels   LABEL_WORDS words per sample: the index of a class, or a vector's bits of f32, and the sample's weight
// inputs   one row per sample, INPUT_WORDS u32 words: four u8 pixels per word, or f32 bits when INPUTS_U8 is false
// output   [batch padded to 4][width padded to 4], vec4; rows from `count` on and padded columns are 0
// targets  [batch padded to 4][TARGET_WORDS]: where they are the inputs (OWN_TARGETS) WIDTH bits of f32 as in `output` before the
//          dropout, then the labels
// A workgroup makes CHUNK vec4s of a row, so that a thread looks its sample up once for several; chunks run along x, rows
// along y; z is the replica.

@group(0) @binding(1) var<storage, read> inputs: array<u32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;
@group(0) @binding(4) var<storage, read_write> output: array<vec4f, REPLICAS * OUTPUT_STRIDE>;
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

fn input_vec4(column4: u32, sample: u32) -> vec4f {
  let columns = vec4u(4u * column4) + vec4u(0u, 1u, 2u, 3u);
  return select(vec4f(), seen(read_inputs(sample, column4), column4), columns < vec4u(WIDTH));
}

fn store_own_target(at: u32, column4: u32, value: vec4f) {
  for (var i = 0u; i < 4u; i++) {
    if (4u * column4 + i < WIDTH) { targets[at + 4u * column4 + i] = bitcast<u32>(value[i]); }
  }
}

@compute @workgroup_size(WORKGROUP_X)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroup.y;
  let replica = workgroup.z;
  if (rows[replica].is_active == 0u) { return; }
  let is_sample = row < rows[replica].count;
  var sample = 0u;
  if (is_sample) {
    sample = rows[replica].position + row;
    if (SHUFFLED) { sample = order[rows[replica].order + sample]; }
  }
  let draw = dropout_draw(replica);
  let first = workgroup.x * CHUNK;
  let at = OUTPUT_OFFSET + replica * OUTPUT_STRIDE + row * COLUMNS4;
  let targets_at = replica * TARGETS_STRIDE + row * TARGET_WORDS;
  for (var column4 = first + local; column4 < min(first + CHUNK, COLUMNS4); column4 += WORKGROUP_X) {
    var value = vec4f();
    if (is_sample) { value = input_vec4(column4, sample); }
    if (OWN_TARGETS) { store_own_target(targets_at, column4, value); }
    if (DROPOUT) { value = drop_out(value, row, column4, draw); }
    output[at + column4] = value;
  }
  if (workgroup.x > 0u) { return; }
  for (var i = local; i < LABEL_WORDS; i += WORKGROUP_X) {
    var label = 0u;
    if (is_sample) { label = labels[sample * LABEL_WORDS + i]; }
    targets[targets_at + TARGET_WORDS - LABEL_WORDS + i] = label;
  }
}
