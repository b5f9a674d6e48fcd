// The row of one step: everything that changes with time, one entry per replica.
// A uniform binding with a dynamic offset selects the step, so the commands of every step are the same.
// Written by src/compile/rows.ts in the order below; values are computed on the CPU in double precision.
// Hyperparameters are those of a parameter group: tensors with equal ones share an entry, and which a tensor has is data.

struct Hyperparameters {
  step_size: f32,          // learning rate; for Adam and its kin learning rate / (1 - beta1^t)
  coefficient: f32,        // the rule's own: see its file in lib/optimizers
  momentum: f32,           // momentum, beta1
  gradient_weight: f32,    // 1 - dampening (1 at t = 1); for Adam and its kin 1 - beta1
  beta2: f32,              // beta2, alpha, rho
  one_minus_beta2: f32,
  inverse_c2: f32,         // 1 / (1 - beta2^t)
  epsilon: f32,            // outside the root; for FTRL beta
  epsilon_root: f32,       // inside the root
  log_beta1: f32,          // for lib/count.wgsl
  log_beta2: f32,
  decay: f32,              // 1 - learning rate * weight decay; for LARS and LAMB the weight decay itself
  l1_subgradient: f32,     // added to the gradient: l1_subgradient * sign(w)
  l2_coupled: f32,         // added to the gradient: l2_coupled * w
  l1_threshold: f32,       // soft threshold after the step, times 1 / D in the optimizer's metric D
  l2_proximal: f32,        // then w / (1 + l2_proximal / D)
  l1_decoupled: f32,       // soft threshold whatever the metric
  l1_total: f32,           // cumulative L1: the sum of learning rate * l1 up to this update
  non_negative: f32,       // above 0: negative weights become 0
  group_threshold: f32,    // group lasso: learning rate * strength in the optimizer's metric; sqrt(inputs) is the tensor's own
  norm_bound: f32,         // on the norm of a unit's incoming weights: at most this; below 0: minus what it must be; 0: no unit rule
  activity_l1: f32,        // penalties on the layer's activations
  activity_l2: f32,
  orthogonal: f32,         // 4 * strength
}

// Of a dropout, an activation with numbers of its own, or the loss.
struct LayerNumbers {
  threshold: u32,          // dropout: drop iff word < threshold = round(p * 2^32)
  scale: f32,              // dropout: 1 / (1 - p); loss: what its mean divides by
  first: f32,              // the activation's own number; the loss's, in the order of their names there
  second: f32,
}

const GROUP_VECTORS = (GROUP_BITS * TENSORS + 127u) / 128u;

struct StepRow {
  step: u32,               // training step, 0-based: the Philox counter's step
  position: u32,           // first sample of the batch in the epoch's order
  count: u32,              // valid samples of the batch
  is_active: u32,          // 0: the replica is frozen
  seed: vec2u,             // Philox key
  order: u32,              // where this replica's permutation starts in `order`
  slot: u32,               // step within the submit: where its samples' losses go
  group_count: u32,        // valid samples of all batches that make up this update; count without accumulation
  starts_group: u32,       // 1: the first of those batches
  ends_group: u32,         // 1: the last, after which the weights are updated
  t: u32,                  // number of this update, from 1, as if none was skipped
  average_weight: f32,     // of the new weights in the running average: 1 copies, 0 leaves it
  clip: f32,               // bound on a gradient or its norm
  average_start: u32,      // the update, by the GPU's count, from which on it does not copy;
  average_every: u32,      // updates between two that count in its mean, 0: it is no mean
  group_of: array<vec4u, GROUP_VECTORS>,   // each tensor's group, in GROUP_BITS bits, the first in the lowest
  groups: array<Hyperparameters, PARAMETER_GROUPS>,
  layers: array<LayerNumbers, LAYERS>,
}

@group(0) @binding(0) var<uniform> rows: array<StepRow, REPLICAS>;

// The parameter group of a tensor.
fn group_of(replica: u32, tensor: u32) -> u32 {
  let bit = GROUP_BITS * tensor;
  return (rows[replica].group_of[bit >> 7u][(bit >> 5u) & 3u] >> (bit & 31u)) & ((1u << GROUP_BITS) - 1u);
}
