// In the place of weights of classes, where there are none.

fn class_weight(class_index: u32) -> f32 { return 1.0; }
