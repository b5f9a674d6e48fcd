// Softmax cross-entropy of one batch: loss, hit and logits gradient in one pass, against classes (lib/cross-entropy.wgsl) or
// distributions (lib/soft-cross-entropy.wgsl).
//
// logits, gradient  [ROWS = batch padded to 4][classes padded to 4] as single floats
// targets           [ROWS], or [ROWS][TARGET_WORDS] (lib/targets.wgsl)
// samples           [slot][BATCH]: the loss, negative for a miss
// One thread makes one row; z is the replica.

@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> samples: array<f32>;

fn read_logit(at: u32) -> f32 { return logits[at]; }
fn write_gradient(at: u32, value: f32) { gradient[at] = value; }

@compute @workgroup_size(WORKGROUP_X)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let replica = id.z;
  if (row >= ROWS || rows[replica].is_active == 0u) { return; }
  let first = row * 4u * COLUMNS4;
  loss_row(
    replica, row, LOGITS_OFFSET + replica * LOGITS_STRIDE + first, GRADIENT_OFFSET + replica * GRADIENT_STRIDE + first, true,
  );
}
