// A value made of z, and z itself where that is NaN: some adapters' exp, min, max and comparisons make numbers of it.

fn passes_nan(value: vec4f, z: vec4f) -> vec4f {
  return select(value, z, (bitcast<vec4u>(z) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u));
}
