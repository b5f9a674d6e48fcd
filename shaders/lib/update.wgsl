// One update of four parameters, shared by every kernel that changes weights. In this order:
//
//   g = clamp(g, -clip, clip)               clipping by value
//   g += l2 * w + l1 * sign(w)              coupled penalties
//   w *= 1 - learning rate * weight decay   decoupled decay
//   w, slots = optimizer(w, g, slots)       from the optimizer's own lib file, with its metric D
//   w = soft(w, l1_threshold / D)           proximal L1; or soft(w, l1_decoupled), or cumulative L1
//   w = w / (1 + l2_proximal / D)           proximal L2, after the threshold
//   w = max(w, 0)                           non-negative weights
//   average += average_weight * (w - average)
//
// The kernel file gives load_weight and store_weight, and binds state (slots SLOT_STRIDE apart) and flags.
// What is not finite writes its step into flags[replica, tensor], twice the step for a gradient or new weight, one more for
// state alone: the smallest wins. State is looked at because an infinite second moment stops its weight for good, and
// unseen: the weight stays finite.
// Pads hold w = 0 and get g = 0: every rule here keeps them at 0.

// Cumulative L1 (Tsuruoka, Tsujii and Ananiadou 2009): a weight has received `penalty` so far and may have received
// l1_total; it is moved toward zero by the difference, and never beyond.
fn cumulative_weight(w: vec4f, penalty: vec4f, total: f32) -> vec4f {
  let positive = max(w - (vec4f(total) + penalty), vec4f());
  let negative = min(w + (vec4f(total) - penalty), vec4f());
  return select(select(w, negative, w < vec4f()), positive, w > vec4f());
}

// Everything after the optimizer's own step. Thresholds first, then the division: together they are the elastic net.
fn shrunk_weight(stepped: Stepped, at: u32, h: Hyperparameters) -> vec4f {
  var w = stepped.weight;
  if (L1_PROXIMAL) { w = soft_threshold(w, h.l1_threshold * stepped.inverse_metric); }
  if (L1_DECOUPLED) { w = soft_threshold(w, vec4f(h.l1_decoupled)); }
  if (L1_CUMULATIVE) {
    let slot = at + CUMULATIVE_SLOT * SLOT_STRIDE;
    let moved = cumulative_weight(w, state[slot], h.l1_total);
    put_state(slot, state[slot] + (moved - w));
    w = moved;
  }
  if (L2_PROXIMAL) { w = w / (vec4f(1.0) + h.l2_proximal * stepped.inverse_metric); }
  if (NON_NEGATIVE && h.non_negative > 0.0) { w = select(w, vec4f(), w < vec4f()); }
  return w;
}

// Whether this thread met a gradient or new weight, or state, that is not finite since it last reported: one atomic per
// thread and tensor, not one per vec4.
var<private> not_finite: bool;
var<private> state_not_finite: bool;

fn report_not_finite(replica: u32, tensor: u32) {
  if (not_finite || state_not_finite) {
    atomicMin(&flags[replica * TENSORS + tensor], 2u * rows[replica].step + select(1u, 0u, not_finite));
  }
  not_finite = false;
  state_not_finite = false;
}

fn put_state(at: u32, value: vec4f) {
  state_not_finite = state_not_finite || !is_finite(value);
  state[at] = value;
}

fn store_slots(at: u32, slots: Slots) {
  if (OPTIMIZER_SLOTS > 0u) { put_state(at, slots.slot0); }
  if (OPTIMIZER_SLOTS > 1u) { put_state(at + SLOT_STRIDE, slots.slot1); }
  if (OPTIMIZER_SLOTS > 2u) { put_state(at + 2u * SLOT_STRIDE, slots.slot2); }
}

// The caller reports what is not finite when it is done with the tensor.
// `h` is the tensor's, but for what only the kernel knows: a trust ratio, corrections counted on the GPU.
fn update_weights(replica: u32, index: u32, gradient: vec4f, h: Hyperparameters) {
  let at = replica * STATE_STRIDE + index;
  var w = load_weight(replica, index);
  let g = coupled_gradient(w, gradient, h, rows[replica].clip);
  if (WEIGHT_DECAY) { w *= h.decay; }
  let stepped = optimizer(w, g, load_slots(at), h);
  w = shrunk_weight(stepped, at, h);
  not_finite = not_finite || !is_finite(gradient) || !is_finite(w);
  // A metric that overflowed on the way, v / (1 - beta2^t) say, would make no step at all.
  state_not_finite = state_not_finite || any(stepped.inverse_metric == vec4f());
  store_weight(replica, index, w);
  store_slots(at, stepped.slots);
  // A unit rule still changes the weights: then its kernel averages.
  if (AVERAGE && !(UNIT_RULES && h.norm_bound != 0.0)) {
    let slot = at + AVERAGE_SLOT * SLOT_STRIDE;
    put_state(slot, averaged(state[slot], w, average_weight(replica)));
  }
}
