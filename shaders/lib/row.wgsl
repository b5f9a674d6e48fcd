// The row of one step: everything that changes with time, one entry per replica.
// A uniform binding with a dynamic offset selects the step, so the commands of every step are the same.
// Written by src/model/rows.ts in the order below; values are computed on the CPU in double precision.

struct Hyperparameters {
  step_size: f32,          // learning rate; for Adam learning rate / (1 - beta1^t)
  momentum: f32,           // momentum, beta1
  gradient_weight: f32,    // 1 - dampening (1 at t = 1); for Adam 1 - beta1
  epsilon: f32,
  beta2: f32,
  one_minus_beta2: f32,
  inverse_root_c2: f32,    // 1 / sqrt(1 - beta2^t)
  decay: f32,              // 1 - learning rate * weight decay
  l1_subgradient: f32,     // added to the gradient: l1_subgradient * sign(w)
  l2_coupled: f32,         // added to the gradient: l2_coupled * w
  l1_threshold: f32,       // soft threshold after the step, times 1 / D in the optimizer's metric D
  l2_proximal: f32,        // then w / (1 + l2_proximal / D)
}

struct Dropout {
  threshold: u32,          // drop iff word < threshold = round(p * 2^32)
  scale: f32,              // 1 / (1 - p)
  unused0: u32,
  unused1: u32,
}

struct StepRow {
  step: u32,               // training step, 0-based: the Philox counter's step
  position: u32,           // first sample of the batch in the epoch's order
  count: u32,              // valid samples of the batch
  is_active: u32,          // 0: the replica is frozen
  seed: vec2u,             // Philox key
  order: u32,              // where this replica's permutation starts in `order`
  slot: u32,               // step within the submit: where its samples' losses go
  tensors: array<Hyperparameters, TENSORS>,
  dropouts: array<Dropout, DROPOUTS>,
}

@group(0) @binding(0) var<uniform> rows: array<StepRow, REPLICAS>;
