// Rules on the norm of each unit's incoming weights (lib/unit-scale.wgsl), in the caller's own buffers, after the update;
// and the running average of these weights, which the update left to this kernel (AVERAGE). Where the update was left out
// (SKIP) or was not the next one, nothing changes.
//
// parameters  the caller's, as single floats     state  [slot][arena], as single floats
// skips       [parity of t]: updates left out so far, before the update and with it
// flags       [tensor]; behind them 0 as soon as an update came that is not the next one
// units       a Unit per workgroup: LANES_X units of a weight, whose inputs lie input_stride and units unit_stride apart
// Workgroups run over x, then y. One has LANES_X x LANES_Y threads: those of a unit share its inputs, and a fixed tree adds them.

struct Unit {
  tensor: u32,
  state: u32,    // first float of the weight in a slot of the state arena
  weights: u32,  // its first float in `parameters`
  inputs: u32,
  outputs: u32,
  input_stride: u32,
  unit_stride: u32,
  first: u32,    // the first unit of the workgroup
  lasso_factor: u32,  // as bits
}

@group(0) @binding(1) var<storage, read> units: array<Unit>;
@group(0) @binding(2) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(3) var<storage, read_write> state: array<f32>;
@group(0) @binding(4) var<storage, read> skips: array<u32>;
@group(0) @binding(5) var<storage, read> flags: array<u32>;

var<workgroup> partial: array<Squares, LANES_X * LANES_Y>;  // [lane][unit]

@compute @workgroup_size(LANES_X, LANES_Y)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let group = workgroup.y * GRID_X + workgroup.x;
  if (group >= GROUPS) { return; }
  let unit = units[group];
  let h = rows[0].groups[group_of(0u, unit.tensor)];
  if (h.norm_bound == 0.0) { return; }
  if (flags[TENSORS] == 0u || (SKIP && skips_after(0u) != skips_before(0u))) { return; }
  let first = min(unit.first + local.x, unit.outputs - 1u) * unit.unit_stride;
  var sum = 0.0;
  var largest = vec4u();
  for (var input = local.y; input < unit.inputs; input += LANES_Y) {
    let w = parameters[unit.weights + first + input * unit.input_stride];
    sum += w * w;
    largest = max(largest, magnitude(vec4f(w)));
  }
  let level = level_of(largest);
  if (level.x != 0.0 && largest.x > 0u) {
    let scale = level_scale(level).x;
    sum = 0.0;
    for (var input = local.y; input < unit.inputs; input += LANES_Y) {
      let w = scale * parameters[unit.weights + first + input * unit.input_stride];
      sum += w * w;
    }
  }
  partial[local.y * LANES_X + local.x] = Squares(vec4f(sum), level);
  for (var width = LANES_Y / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (local.y < width) {
      let at = local.y * LANES_X + local.x;
      partial[at] = add_squares(partial[at], partial[at + width * LANES_X]);
    }
  }
  workgroupBarrier();
  let scales = norm_scale(partial[local.x], h, bitcast<f32>(unit.lasso_factor));
  let scale = vec2f(scales.first.x, scales.second.x);
  if (unit.first + local.x >= unit.outputs || !(scale.y != 1.0 || AVERAGE)) { return; }
  for (var input = local.y; input < unit.inputs; input += LANES_Y) {
    let at = first + input * unit.input_stride;
    let w = (parameters[unit.weights + at] * scale.x) * scale.y;
    if (scale.y != 1.0) { parameters[unit.weights + at] = w; }
    if (AVERAGE) {
      let slot = 4u * AVERAGE_SLOT * SLOT_STRIDE + unit.state + at;
      state[slot] = averaged(vec4f(state[slot]), vec4f(w), average_weight(0u)).x;
    }
  }
}
