// What four parameters add to the norms of their tensor: (sum v^2, sum w^2, 1 where the update may not be, 0), with v and w
// times their scales (lib/squares.wgsl), and their largest magnitudes so far.
// An update may not be with a gradient that is not finite; nor, where updates are left out (SKIP_STATE), with one that
// overflows the optimizer's state. Behind a clip by norm none does.
// v is the gradient g, or what the rule's norm_vector says (LARS: with its coupled penalties; LAMB: the step's direction).
// Only a trust ratio looks at the weights: without one their sum is 0, and they need not be read.

var<private> largest_v: vec4u;
var<private> largest_w: vec4u;

fn is_usable(w: vec4f, gradient: vec4f, at: u32, replica: u32, h: Hyperparameters) -> bool {
  if (!is_finite(gradient)) { return false; }
  if (!SKIP_STATE) { return true; }
  let next = optimizer(w, coupled_gradient(w, gradient, h, rows[replica].clip), load_slots(at), h);
  let slots = next.slots;
  // The ratio, and with it that metric, is known only behind the norms.
  let moves = TRUST_RATIO || all(next.inverse_metric != vec4f());
  return moves && is_finite(slots.slot0) && is_finite(slots.slot1) && is_finite(slots.slot2);
}

fn norm_terms(replica: u32, index: u32, w: vec4f, gradient: vec4f, h: Hyperparameters, scales: vec4f) -> vec4f {
  var v = gradient;
  var weight = 0.0;
  if (TRUST_RATIO) {
    let g = coupled_gradient(w, gradient, h, rows[replica].clip);
    v = norm_vector(w, g, load_slots(replica * STATE_STRIDE + index), h);
    largest_w = max(largest_w, magnitude(w));
    let scaled = scales.y * w;
    weight = dot(scaled, scaled);
  }
  largest_v = max(largest_v, magnitude(v));
  let scaled = scales.x * v;
  return vec4f(dot(scaled, scaled), weight, select(1.0, 0.0, is_usable(w, gradient, replica * STATE_STRIDE + index, replica, h)), 0.0);
}

// The level of what the thread has met: the other two sums are not of squares.
fn level_met() -> vec4f {
  return vec4f(level_of(vec4u(largest_lane(largest_v), largest_lane(largest_w), 0u, 0u)).xy, 0.0, 0.0);
}

// Whether the terms must be taken again, scaled. A sum of zeros is 0 at any level.
fn must_scale(level: vec4f) -> bool {
  return (level.x != 0.0 && largest_lane(largest_v) > 0u) || (level.y != 0.0 && largest_lane(largest_w) > 0u);
}
