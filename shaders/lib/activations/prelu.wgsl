// PReLU: f(z) = z where z > 0, else a z, a the column's slope (lib/slopes.wgsl), which is learned. It may have either sign.
// Its gradient is made by a kernel of its own (slope-gradient.wgsl), with that of the slopes.

fn activate(z: vec4f, a: vec4f) -> vec4f {
  return passes_nan(select(a * z, z, z > vec4f()), z);
}
