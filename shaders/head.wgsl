// The last dense layer, its loss and the gradient of the layer's input in one dispatch:
//
//   z = input * weight + bias, loss, hit and delta, the gradient of z, as the loss's library has them (loss_row),
//   output = product_gradient(delta * transpose(weight)) as in dense-input-gradient (INPUT_GRADIENT)
//
// input  [ROWS = batch padded to 4][DEPTH4 = inputs / 4], vec4     weight  [inputs][COLUMNS4 = classes / 4], vec4
// delta  [ROWS][COLUMNS4], vec4                                    output  [ROWS][DEPTH4], vec4
// samples, targets as in the loss's own kernel
// One workgroup of THREADS threads makes 4 rows. Threads share the sum over the inputs, and their parts are added
// in thread order through workgroup memory, so the order of addition differs from the separate kernels'.

@group(0) @binding(1) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(2) var<storage, read> input: array<vec4f>;
@group(0) @binding(3) var<storage, read> targets: array<u32>;
@group(0) @binding(4) var<storage, read_write> delta: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> samples: array<f32>;

const LOGITS = 4u * 4u * COLUMNS4;                   // four rows of padded logits

var<workgroup> partial: array<f32, 16u * THREADS>;   // [output of a 4 x 4 block][thread]
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

// What lies below stored this product's input.
fn load_stored(replica: u32, row: u32, k: u32) -> vec4f { return load_input(replica, row, k); }

fn store_partial(thread: u32, row: u32, sum: vec4f) {
  let at = 4u * row * THREADS + thread;
  partial[at] = sum.x;
  partial[at + THREADS] = sum.y;
  partial[at + 2u * THREADS] = sum.z;
  partial[at + 3u * THREADS] = sum.w;
}

// This thread's part of a 4 x 4 block of logits.
fn make_partial(replica: u32, row: u32, column4: u32, thread: u32) {
  var sum = mat4x4f();
  for (var k = thread; k < DEPTH4; k += THREADS) {
    let a = mat4x4f(
      load_input(replica, row, k), load_input(replica, row + 1u, k),
      load_input(replica, row + 2u, k), load_input(replica, row + 3u, k),
    );
    sum += load_weight(replica, 4u * k, column4) * a;
  }
  store_partial(thread, 0u, sum[0]);
  store_partial(thread, 1u, sum[1]);
  store_partial(thread, 2u, sum[2]);
  store_partial(thread, 3u, sum[3]);
}

// One thread adds the parts of one logit, in thread order, and the bias.
fn add_partials(replica: u32, column4: u32, output: u32) {
  var sum = 0.0;
  for (var thread = 0u; thread < THREADS; thread++) { sum += partial[output * THREADS + thread]; }
  let bias = parameters[BIAS_OFFSET + replica * PARAMETERS_STRIDE + column4];
  let column = output & 3u;
  logits[4u * ((output >> 2u) * COLUMNS4 + column4) + column] = sum + bias[column];
}

// A row's deltas take the place of its logits.
fn read_logit(at: u32) -> f32 { return logits[at]; }
fn write_gradient(at: u32, value: f32) { logits[at] = value; }

fn delta_of(row: u32, column4: u32) -> vec4f {
  let at = 4u * (row * COLUMNS4 + column4);
  return vec4f(logits[at], logits[at + 1u], logits[at + 2u], logits[at + 3u]);
}

fn store_input_gradient(replica: u32, row: u32, k: u32, product: vec4f) {
  output[OUTPUT_OFFSET + replica * OUTPUT_STRIDE + row * DEPTH4 + k] = product_gradient(replica, row, k, product);
}

fn store_input_gradients(replica: u32, row: u32, k: u32) {
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

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let replica = workgroup.z;
  let row = 4u * workgroup.x;
  for (var column4 = 0u; column4 < COLUMNS4; column4++) {
    make_partial(replica, row, column4, thread);
    workgroupBarrier();
    for (var output = thread; output < 16u; output += THREADS) { add_partials(replica, column4, output); }
    workgroupBarrier();
  }
  // No return before the last barrier: a frozen replica computes, and stores nothing.
  let is_active = rows[replica].is_active != 0u;
  for (var i = thread; i < 4u; i += THREADS) {
    let at = 4u * i * COLUMNS4;
    loss_row(replica, row + i, at, at, is_active);
  }
  workgroupBarrier();
  if (!is_active) { return; }
  for (var i = thread; i < 4u * COLUMNS4; i += THREADS) {
    delta[DELTA_OFFSET + replica * DELTA_STRIDE + row * COLUMNS4 + i] =
      vec4f(logits[4u * i], logits[4u * i + 1u], logits[4u * i + 2u], logits[4u * i + 3u]);
  }
  if (!INPUT_GRADIENT) { return; }
  for (var k = thread; k < DEPTH4; k += THREADS) { store_input_gradients(replica, row, k); }
}
