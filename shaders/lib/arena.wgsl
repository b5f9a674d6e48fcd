// Weights as they lie in the parameter arena: vec4s, replicas PARAMETERS_STRIDE apart.

fn load_weight(replica: u32, index: u32) -> vec4f { return parameters[replica * PARAMETERS_STRIDE + index]; }
fn store_weight(replica: u32, index: u32, w: vec4f) { parameters[replica * PARAMETERS_STRIDE + index] = w; }
