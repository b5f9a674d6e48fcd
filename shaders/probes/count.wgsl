// The least that a dispatch can do and still be seen to have run: count = count + 1, by one thread.
// Each dispatch needs what the one before it wrote, as the dispatches of a training step do.

@group(0) @binding(1) var<storage, read_write> count: array<u32>;

@compute @workgroup_size(1)
fn main() { count[0] += 1u; }
