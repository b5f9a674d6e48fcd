// What the network sees of an input as it is stored: (value - center) * factor + shift, numbers that are data.
//
// normalisation  [3][TABLE4] vec4: centers, factors, shifts; TABLE4 is COLUMNS4, or 1 where the same numbers are for all

@group(0) @binding(6) var<storage, read> normalisation: array<vec4f, 3u * TABLE4>;

fn seen(value: vec4f, column4: u32) -> vec4f {
  let at = min(column4, TABLE4 - 1u);
  return fma(value - normalisation[at], normalisation[TABLE4 + at], normalisation[2u * TABLE4 + at]);
}
