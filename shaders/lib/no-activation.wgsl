// In the place of an activation's library, where there is none.

fn activate(z: vec4f) -> vec4f { return z; }

fn slope(gradient: vec4f, stored: vec4f) -> vec4f { return gradient; }
