// Weights and gradients that lie anywhere in the caller's buffers, as single floats; state lies in an arena of our own.
// The vec4 of state at `index` belongs to the four floats from 4 * (index - state of the view) on. Past the end of a
// view weights and gradients read as 0 and nothing is written, so that any length and any offset will do.

struct View {
  tensor: u32,
  state: u32,      // its first vec4 in the state arena
  weights: u32,    // its first float in `parameters`
  gradients: u32,  // its first float in `gradients`
  length: u32,     // floats
}

var<private> view: View;

fn load_weight(replica: u32, index: u32) -> vec4f {
  let start = 4u * (index - view.state);
  let at = view.weights + start;
  if (start + 4u <= view.length) {
    return vec4f(parameters[at], parameters[at + 1u], parameters[at + 2u], parameters[at + 3u]);
  }
  var w = vec4f();
  for (var i = 0u; start + i < view.length; i++) { w[i] = parameters[at + i]; }
  return w;
}

fn load_gradient(index: u32) -> vec4f {
  let start = 4u * (index - view.state);
  let at = view.gradients + start;
  if (start + 4u <= view.length) {
    return vec4f(gradients[at], gradients[at + 1u], gradients[at + 2u], gradients[at + 3u]);
  }
  var g = vec4f();
  for (var i = 0u; start + i < view.length; i++) { g[i] = gradients[at + i]; }
  return g;
}
