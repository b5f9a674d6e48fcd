// What a product's activation is made from, [ROWS][outputs], vec4, for those who read it later.

@group(0) @binding(4) var<storage, read_write> preactivation: array<vec4f, REPLICAS * PREACTIVATION_STRIDE>;

fn keep(value: vec4f, replica: u32, row: u32, column4: u32) {
  preactivation[PREACTIVATION_OFFSET + replica * PREACTIVATION_STRIDE + row * COLUMNS4 + column4] = value;
}
