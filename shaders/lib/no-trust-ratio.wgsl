// For rules without a trust ratio: norms are those of the gradient, and the row's coefficient stays.

fn norm_vector(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> vec4f { return g; }
fn trust_ratio(weight_norm: f32, gradient_norm: f32, h: Hyperparameters) -> f32 { return h.coefficient; }
