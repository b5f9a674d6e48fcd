// What every kernel that applies an optimizer knows of it: its state, what it makes, and the gradient it sees.
// The optimizer's own lib file gives optimizer(w, g, slots, h); the kernel file binds state, slots SLOT_STRIDE apart.

struct Slots {
  slot0: vec4f,
  slot1: vec4f,
  slot2: vec4f,
}

// What an optimizer makes. The metric D comes as 1 / D: one division serves the step and the proximal step.
struct Stepped {
  weight: vec4f,
  slots: Slots,
  inverse_metric: vec4f,
}

// sign(0) = 0
fn sign_of(w: vec4f) -> vec4f {
  return select(select(vec4f(), vec4f(-1.0), w < vec4f()), vec4f(1.0), w > vec4f());
}

// sign(w) * max(|w| - threshold, 0). The sign is carried over as a bit, which costs half of multiplying by it, or of
// clamping, on a software adapter. As in relu, NaN passes through instead of becoming a zero; no zero is -0.
fn soft_threshold(w: vec4f, threshold: vec4f) -> vec4f {
  let shrunk = abs(w) - threshold;
  let sign = bitcast<vec4u>(w) & vec4u(0x80000000u);
  return select(bitcast<vec4f>(bitcast<vec4u>(shrunk) | sign), vec4f(), shrunk <= vec4f());
}

// What the optimizer sees: the gradient, clipped by value, and the coupled penalties.
fn coupled_gradient(w: vec4f, gradient: vec4f, h: Hyperparameters, clip: f32) -> vec4f {
  var g = gradient;
  if (CLIP_VALUE) {
    let bound = vec4f(clip);
    g = select(select(g, bound, g > bound), -bound, g < -bound);
  }
  if (L2_COUPLED) { g += h.l2_coupled * w; }
  if (L1_SUBGRADIENT) { g += h.l1_subgradient * sign_of(w); }
  return g;
}

fn load_slots(at: u32) -> Slots {
  var slots: Slots;
  if (OPTIMIZER_SLOTS > 0u) { slots.slot0 = state[at]; }
  if (OPTIMIZER_SLOTS > 1u) { slots.slot1 = state[at + SLOT_STRIDE]; }
  if (OPTIMIZER_SLOTS > 2u) { slots.slot2 = state[at + 2u * SLOT_STRIDE]; }
  return slots;
}
