// The writing half of views.wgsl, for kernels that bind `parameters` to be written.

fn store_weight(replica: u32, index: u32, w: vec4f) {
  let start = 4u * (index - view.state);
  let end = min(start + 4u, view.length);
  for (var i = start; i < end; i++) { parameters[view.weights + i] = w[i - start]; }
}
