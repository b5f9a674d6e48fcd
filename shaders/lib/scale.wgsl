// How norms change an update: the kernel file binds norms [replica][tensor][NORM_GROUPS] and skips, [parity of t][replica].
//
//   CLIP_NORM         g *= min(1, clip / |g|), the norm over the tensor
//   CLIP_GLOBAL_NORM  the same, the norm over all tensors of the replica
//   TRUST_RATIO       the rule's trust_ratio takes the place of its coefficient
//   SKIP              a gradient that is not finite anywhere in the replica leaves the update out

fn tensor_sum(replica: u32, tensor: u32) -> vec4f {
  var sum = vec4f();
  for (var group = 0u; group < NORM_GROUPS; group++) { sum += norms[(replica * TENSORS + tensor) * NORM_GROUPS + group]; }
  return sum;
}

fn replica_sum(replica: u32) -> vec4f {
  var sum = vec4f();
  for (var tensor = 0u; tensor < TENSORS; tensor++) { sum += tensor_sum(replica, tensor); }
  return sum;
}

// min(1, clip / norm); a norm of 0 is within every bound.
fn clip_scale(clip: f32, sum_of_squares: f32) -> f32 {
  let norm = sqrt(sum_of_squares);
  return select(1.0, clip / norm, norm > clip);
}

// Factor of the gradient, from the sums over its tensor and over the replica.
fn gradient_scale(replica: u32, of_tensor: vec4f, of_replica: vec4f) -> f32 {
  if (CLIP_NORM) { return clip_scale(rows[replica].clip, of_tensor.x); }
  if (CLIP_GLOBAL_NORM) { return clip_scale(rows[replica].clip, of_replica.x); }
  return 1.0;
}

fn scaled(replica: u32, tensor: u32, of_tensor: vec4f) -> Hyperparameters {
  var h = counted(replica, rows[replica].tensors[tensor]);
  if (TRUST_RATIO) { h.coefficient = trust_ratio(sqrt(of_tensor.y), sqrt(of_tensor.x), h); }
  return h;
}

// Whether this update is left out, and the count of those, which one thread hands on: the half of t's parity is read,
// the other written.
fn is_skipped(replica: u32, of_replica: vec4f, is_first: bool) -> bool {
  let half = rows[replica].t & 1u;
  let skip = of_replica.z > 0.0;
  if (is_first) { skips[(1u - half) * REPLICAS + replica] = skips[half * REPLICAS + replica] + select(0u, 1u, skip); }
  return skip;
}
