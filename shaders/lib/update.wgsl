// One update of four parameters, shared by the arena kernel and by the epilogue of the weight gradient.
//
//   g += l2 * w + l1 * sign(w)              coupled penalties
//   w *= 1 - learning rate * weight decay   decoupled decay
//   w, state = optimizer(w, g, state)       from the optimizer's own lib file
//   w = soft(w, l1_threshold / D) / (1 + l2_proximal / D)   proximal step, threshold first, D = optimizer's metric
//
// The kernel file binds parameters, state (STATE_SLOTS slots, SLOT_STRIDE apart) and flags.
// A gradient or new weight that is not finite writes its step into flags[replica, tensor]; the smallest step wins.
// Pads hold w = 0 and get g = 0: every rule here keeps them at 0.

struct Updated {
  weight: vec4f,
  slot0: vec4f,
  slot1: vec4f,
  metric: vec4f,
}

// sign(0) = 0
fn sign_of(w: vec4f) -> vec4f {
  return select(select(vec4f(), vec4f(-1.0), w < vec4f()), vec4f(1.0), w > vec4f());
}

// As in relu, NaN passes through instead of becoming a zero.
fn soft_threshold(w: vec4f, threshold: vec4f) -> vec4f {
  let shrunk = abs(w) - threshold;
  return select(sign_of(w) * shrunk, vec4f(), shrunk <= vec4f());
}

fn update_parameters(replica: u32, tensor: u32, index: u32, gradient: vec4f) {
  if (rows[replica].is_active == 0u) { return; }
  let h = rows[replica].tensors[tensor];
  let at = replica * PARAMETER_STRIDE + index;
  let state_at = replica * STATE_STRIDE + index;
  var w = parameters[at];
  var g = gradient;
  if (L2_COUPLED) { g += h.l2_coupled * w; }
  if (L1_SUBGRADIENT) { g += h.l1_subgradient * sign_of(w); }
  if (WEIGHT_DECAY) { w *= h.decay; }
  var slot0 = vec4f();
  var slot1 = vec4f();
  if (STATE_SLOTS > 0u) { slot0 = state[state_at]; }
  if (STATE_SLOTS > 1u) { slot1 = state[state_at + SLOT_STRIDE]; }
  let updated = optimizer(w, g, slot0, slot1, h);
  w = updated.weight;
  if (L1_PROXIMAL) { w = soft_threshold(w, h.l1_threshold / updated.metric); }
  if (L2_PROXIMAL) { w = w / (vec4f(1.0) + h.l2_proximal / updated.metric); }
  if (!is_finite(gradient) || !is_finite(w)) {
    atomicMin(&flags[replica * TENSORS + tensor], rows[replica].step);
  }
  parameters[at] = w;
  if (STATE_SLOTS > 0u) { state[state_at] = updated.slot0; }
  if (STATE_SLOTS > 1u) { state[state_at + SLOT_STRIDE] = updated.slot1; }
}
