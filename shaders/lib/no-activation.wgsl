// In the place of an activation's library, where there is none.

fn activate(z: vec4f, replica: u32) -> vec4f { return z; }

fn slope(gradient: vec4f, stored: vec4f, replica: u32) -> vec4f { return gradient; }
