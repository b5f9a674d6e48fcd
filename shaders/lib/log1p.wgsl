// log(1 + e) = 2 artanh(s), s = e / (2 + e), 0 <= e <= 1, by the series of artanh: its next term is below half a unit in the last
// place. WGSL's log need only be exact to 2^-21 next to 1.

fn log1p(e: vec4f) -> vec4f {
  let s = e / (2.0 + e);
  let t = s * s;
  return 2.0 * s * (1.0 + t * (1.0 / 3.0 + t * (1.0 / 5.0 + t * (1.0 / 7.0 + t * (1.0 / 9.0 + t * (1.0 / 11.0 + t / 13.0))))));
}
