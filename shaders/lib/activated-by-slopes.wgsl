// In the place of lib/activated.wgsl and of a slope, for an activation whose numbers are parameters: activate(z, slopes).
// It keeps 0, and so what pads a row.

fn activated(z: vec4f, replica: u32, column4: u32) -> vec4f {
  return activate(z, slopes(replica, column4));
}

fn slope(gradient: vec4f, stored: vec4f, replica: u32) -> vec4f { return gradient; }
