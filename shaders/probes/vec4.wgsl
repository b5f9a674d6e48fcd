// Values of probes/fma.wgsl: four numbers each.

alias Value = vec4f;

fn total(value: Value) -> f32 { return value.x + value.y + value.z + value.w; }
