// How much each class counts, [classes].

@group(0) @binding(5) var<storage, read> class_weights: array<f32>;

fn class_weight(class_index: u32) -> f32 { return class_weights[class_index]; }
