// A loss that goes element by element, of one batch: losses, hits and the outputs' gradient (lib/element-loss.wgsl).
//
// outputs, gradient  [ROWS = batch padded to 4][COLUMNS4], vec4
// targets            [ROWS][TARGET_WORDS], bits of f32
// samples            [slot][BATCH]: the loss, negative for a miss
// A workgroup of THREADS threads makes one row; its parts are added in the order of threads. z is the replica.

@group(0) @binding(1) var<storage, read> outputs: array<vec4f, REPLICAS * OUTPUTS_STRIDE>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4f, REPLICAS * GRADIENT_STRIDE>;
@group(0) @binding(4) var<storage, read_write> samples: array<f32>;

var<workgroup> parts: array<Part, THREADS>;

fn output_vec4(replica: u32, row: u32, column4: u32) -> vec4f {
  return outputs[OUTPUTS_OFFSET + replica * OUTPUTS_STRIDE + row * COLUMNS4 + column4];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = workgroup.x;
  let replica = workgroup.z;
  let is_row = row < rows[replica].count;
  var part = Part(0.0, 0u, 0u);
  if (is_row) {
    for (var k = thread; k < COLUMNS4; k += THREADS) { part = join(part, part_of(replica, row, k, output_vec4(replica, row, k))); }
  }
  parts[thread] = part;
  workgroupBarrier();
  // No return before the barrier: a frozen replica computes, and stores nothing.
  if (rows[replica].is_active == 0u) { return; }
  var whole = parts[0];
  for (var i = 1u; i < THREADS; i++) { whole = join(whole, parts[i]); }
  let own = row_loss(replica, row, whole);
  if (is_row && thread == 0u) { store_sample(replica, row, own, whole); }
  for (var k = thread; k < COLUMNS4; k += THREADS) {
    var value = vec4f();
    if (is_row) { value = gradient_of(replica, row, k, output_vec4(replica, row, k), own); }
    gradient[GRADIENT_OFFSET + replica * GRADIENT_STRIDE + row * COLUMNS4 + k] = value;
  }
}
