// How norms change an update: the kernel file binds norms [replica][tensor][NORM_GROUPS] and skips, [parity of t][replica].
//
//   CLIP_NORM         g *= min(1, clip / |g|), the norm over the tensor
//   CLIP_GLOBAL_NORM  the same, the norm over all tensors of the replica
//   TRUST_RATIO       the rule's trust_ratio takes the place of its coefficient
//   SKIP              a gradient that is not finite anywhere in the replica leaves the update out

fn tensor_sum(replica: u32, tensor: u32) -> Squares {
  var sum = no_sums();
  for (var group = 0u; group < NORM_GROUPS; group++) {
    sum = add_squares(sum, unpacked_sums(norms[(replica * TENSORS + tensor) * NORM_GROUPS + group]));
  }
  return sum;
}

fn replica_sum(replica: u32) -> Squares {
  var sum = no_sums();
  for (var tensor = 0u; tensor < TENSORS; tensor++) { sum = add_squares(sum, tensor_sum(replica, tensor)); }
  return sum;
}

// The norms of v and of the weights. One beyond f32 is infinity: it leaves no trust ratio, and the update meets that.
fn norms_of(sums: Squares) -> vec2f { return sqrt(sums.sum.xy) * level_unscale(sums.level).xy; }

// Two factors whose product is min(1, clip / norm), the first of them the scale of the sum: together they may be too small
// for f32. A norm of 0 is within every bound.
fn clip_scale(clip: f32, sums: Squares) -> vec2f {
  let bounded = vec2f(level_scale(sums.level).x, clip / sqrt(sums.sum.x));
  return select(vec2f(1.0), bounded, norms_of(sums).x > clip);
}

// Factors of the gradient, from the sums over its tensor and over the replica.
fn gradient_scale(replica: u32, of_tensor: Squares, of_replica: Squares) -> vec2f {
  if (CLIP_NORM) { return clip_scale(rows[replica].clip, of_tensor); }
  if (CLIP_GLOBAL_NORM) { return clip_scale(rows[replica].clip, of_replica); }
  return vec2f(1.0);
}

fn scaled(replica: u32, tensor: u32, of_tensor: Squares) -> Hyperparameters {
  var h = counted(replica, rows[replica].groups[group_of(replica, tensor)]);
  if (TRUST_RATIO) {
    let norm = norms_of(of_tensor);
    h.coefficient = trust_ratio(norm.y, norm.x, h);
  }
  return h;
}

// Whether this update is left out, and the count of those, which one thread hands on (lib/skips.wgsl).
fn is_skipped(replica: u32, of_replica: Squares, is_first: bool) -> bool {
  let skip = of_replica.sum.z > 0.0;
  if (is_first) { skips[(1u - (rows[replica].t & 1u)) * REPLICAS + replica] = skips_before(replica) + select(0u, 1u, skip); }
  return skip;
}
