// Weights as they lie in the parameter arena: vec4s, replicas PARAMETER_STRIDE apart.

fn load_weight(replica: u32, index: u32) -> vec4f { return parameters[replica * PARAMETER_STRIDE + index]; }
fn store_weight(replica: u32, index: u32, w: vec4f) { parameters[replica * PARAMETER_STRIDE + index] = w; }
