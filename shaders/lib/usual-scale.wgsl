// What the network sees of an input as it is stored: value * SCALE, which is what goes with the format.

fn seen(value: vec4f, _column4: u32) -> vec4f { return fma(value, vec4f(SCALE), vec4f()); }
