// Values of probes/fma.wgsl: one number each.

alias Value = f32;

fn total(value: Value) -> f32 { return value; }
