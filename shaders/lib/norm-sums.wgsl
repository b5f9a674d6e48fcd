// Sums of lib/norm-terms.wgsl as they lie in `norms`: (sum v^2, sum w^2, number of vec4s that are not finite, both levels).

fn packed_sums(squares: Squares) -> vec4f { return vec4f(squares.sum.xyz, squares.level.x + 3.0 * squares.level.y); }

fn unpacked_sums(packed: vec4f) -> Squares {
  let of_weights = round(packed.w / 3.0);
  return Squares(vec4f(packed.xyz, 0.0), vec4f(packed.w - 3.0 * of_weights, of_weights, 0.0, 0.0));
}

fn no_sums() -> Squares { return Squares(vec4f(), vec4f(-1.0, -1.0, 0.0, 0.0)); }
