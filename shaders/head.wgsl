// The last dense layer, softmax cross-entropy and the gradient of the layer's input in one dispatch:
//
//   z = input * weight + bias, loss, hit and delta = (softmax(z) - onehot) / count as in softmax-cross-entropy,
//   output = (delta * transpose(weight)) * mask * scale as in dense-input-gradient (INPUT_GRADIENT)
//
// input  [ROWS = batch padded to 4][DEPTH4 = inputs / 4], vec4     weight  [inputs][COLUMNS4 = classes / 4], vec4
// delta  [ROWS][COLUMNS4], vec4                                    output  [ROWS][DEPTH4], vec4
// samples as in softmax-cross-entropy
// One workgroup of THREADS threads makes 4 rows. Threads share the sum over the inputs, and a fixed tree in
// workgroup memory adds their parts, so the order of addition differs from the separate kernels'.

@group(0) @binding(1) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(2) var<storage, read> input: array<vec4f>;
@group(0) @binding(3) var<storage, read> targets: array<u32>;
@group(0) @binding(4) var<storage, read_write> delta: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> samples: array<f32>;

const LOGITS = 4u * 4u * COLUMNS4;                   // four rows of padded logits

var<workgroup> partial: array<vec4f, 4u * THREADS>;  // [row of 4][thread]
var<workgroup> logits: array<f32, LOGITS>;           // [row of 4][class], then the deltas

fn load_weight(replica: u32, row: u32, column4: u32) -> mat4x4f {
  let i = WEIGHT_OFFSET + replica * PARAMETERS_STRIDE + row * COLUMNS4 + column4;
  return mat4x4f(
    parameters[i], parameters[i + COLUMNS4], parameters[i + 2u * COLUMNS4], parameters[i + 3u * COLUMNS4],
  );
}

fn load_input(replica: u32, row: u32, k: u32) -> vec4f {
  return input[INPUT_OFFSET + replica * INPUT_STRIDE + row * DEPTH4 + k];
}

fn make_logits(replica: u32, row: u32, column4: u32, thread: u32) {
  var sum = mat4x4f();
  for (var k = thread; k < DEPTH4; k += THREADS) {
    let a = mat4x4f(
      load_input(replica, row, k), load_input(replica, row + 1u, k),
      load_input(replica, row + 2u, k), load_input(replica, row + 3u, k),
    );
    sum += load_weight(replica, 4u * k, column4) * a;
  }
  partial[thread] = sum[0];
  partial[THREADS + thread] = sum[1];
  partial[2u * THREADS + thread] = sum[2];
  partial[3u * THREADS + thread] = sum[3];
  for (var width = THREADS / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (thread < width) {
      partial[thread] += partial[thread + width];
      partial[THREADS + thread] += partial[THREADS + thread + width];
      partial[2u * THREADS + thread] += partial[2u * THREADS + thread + width];
      partial[3u * THREADS + thread] += partial[3u * THREADS + thread + width];
    }
  }
  workgroupBarrier();
  if (thread < 4u) {
    let z = partial[thread * THREADS] + parameters[BIAS_OFFSET + replica * PARAMETERS_STRIDE + column4];
    let at = 4u * (thread * COLUMNS4 + column4);
    logits[at] = z.x;
    logits[at + 1u] = z.y;
    logits[at + 2u] = z.z;
    logits[at + 3u] = z.w;
  }
  workgroupBarrier();
}

// One thread turns one row of logits into its deltas, in place, and writes the loss.
fn make_deltas(replica: u32, row: u32, at: u32) {
  if (row >= rows[replica].count) {
    for (var j = 0u; j < 4u * COLUMNS4; j++) { logits[at + j] = 0.0; }
    return;
  }
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
    logits[at + j] = (probability - select(0.0, 1.0, j == label)) / count;
  }
  for (var j = CLASSES; j < 4u * COLUMNS4; j++) { logits[at + j] = 0.0; }
}

fn delta_of(row: u32, column4: u32) -> vec4f {
  let at = 4u * (row * COLUMNS4 + column4);
  return vec4f(logits[at], logits[at + 1u], logits[at + 2u], logits[at + 3u]);
}

fn store_input_gradient(replica: u32, row: u32, k: u32, product: vec4f) {
  var value = product;
  if (MASK_POSITIVE) {
    var scale = 1.0;
    if (DROPOUT) { scale = rows[replica].dropouts[DROPOUT_INDEX].scale; }
    value = select(vec4f(), value * scale, load_input(replica, row, k) > vec4f());
  }
  if (MASK_DROPOUT) {
    let words = dropout_words(row, k, WIDTH, rows[replica].seed, STREAM, rows[replica].step);
    value = apply_dropout(value, words, rows[replica].dropouts[DROPOUT_INDEX]);
  }
  output[OUTPUT_OFFSET + replica * OUTPUT_STRIDE + row * DEPTH4 + k] = value;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let replica = workgroup.z;
  if (rows[replica].is_active == 0u) { return; }
  let row = 4u * workgroup.x;
  for (var column4 = 0u; column4 < COLUMNS4; column4++) { make_logits(replica, row, column4, thread); }
  if (thread < 4u) { make_deltas(replica, row + thread, 4u * thread * COLUMNS4); }
  workgroupBarrier();
  for (var i = thread; i < 4u * COLUMNS4; i += THREADS) {
    delta[DELTA_OFFSET + replica * DELTA_STRIDE + row * COLUMNS4 + i] =
      vec4f(logits[4u * i], logits[4u * i + 1u], logits[4u * i + 2u], logits[4u * i + 3u]);
  }
  if (!INPUT_GRADIENT) { return; }
  for (var k = thread; k < DEPTH4; k += THREADS) {
    var sum = mat4x4f();
    for (var column4 = 0u; column4 < COLUMNS4; column4++) {
      let a = mat4x4f(delta_of(0u, column4), delta_of(1u, column4), delta_of(2u, column4), delta_of(3u, column4));
      sum += transpose(load_weight(replica, 4u * k, column4)) * a;
    }
    store_input_gradient(replica, row, k, sum[0]);
    store_input_gradient(replica, row + 1u, k, sum[1]);
    store_input_gradient(replica, row + 2u, k, sum[2]);
    store_input_gradient(replica, row + 3u, k, sum[3]);
  }
}
