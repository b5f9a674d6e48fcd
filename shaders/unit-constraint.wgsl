// Rules on the norm of each unit's incoming weights (lib/unit-scale.wgsl), after the update; and the running average of
// these weights, which the update left to this kernel (AVERAGE). Where the update was left out (SKIP), nothing changes.
//
// skips   [parity of t][replica]: updates left out so far, before the update and with it
// units   per workgroup: weight offset, rows = inputs, columns / 4, first column / 4 | tensor, bits of the lasso factor, 0, 0
// A unit's incoming weights are a column of the weight [inputs][outputs].
// A workgroup of LANES_X x LANES_Y threads makes LANES_X vec4s of columns: the threads of a column share its rows, and a
// fixed tree adds them. x is the entry of `units`, z the replica.

@group(0) @binding(1) var<storage, read> units: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> state: array<vec4f>;
@group(0) @binding(4) var<storage, read> skips: array<u32>;

var<workgroup> partial: array<Squares, LANES_X * LANES_Y>;  // [lane][column]

@compute @workgroup_size(LANES_X, LANES_Y)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let replica = workgroup.z;
  let unit = units[2u * workgroup.x];
  let own = units[2u * workgroup.x + 1u];
  let h = rows[replica].groups[group_of(replica, own.x)];
  if (rows[replica].is_active == 0u || rows[replica].ends_group == 0u || h.norm_bound == 0.0) { return; }
  if (SKIP && skips_after(replica) != skips_before(replica)) { return; }
  let column4 = min(unit.w + local.x, unit.z - 1u);
  let first = replica * PARAMETERS_STRIDE + unit.x + column4;
  var sum = vec4f();
  var largest = vec4u();
  for (var row = local.y; row < unit.y; row += LANES_Y) {
    let w = parameters[first + row * unit.z];
    sum += w * w;
    largest = max(largest, magnitude(w));
  }
  let level = level_of(largest);
  if (any((level != vec4f()) & (largest > vec4u()))) {
    let scale = level_scale(level);
    sum = vec4f();
    for (var row = local.y; row < unit.y; row += LANES_Y) {
      let w = scale * parameters[first + row * unit.z];
      sum += w * w;
    }
  }
  partial[local.y * LANES_X + local.x] = Squares(sum, level);
  for (var width = LANES_Y / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (local.y < width) {
      let at = local.y * LANES_X + local.x;
      partial[at] = add_squares(partial[at], partial[at + width * LANES_X]);
    }
  }
  workgroupBarrier();
  let scale = norm_scale(partial[local.x], h, bitcast<f32>(own.y));
  let changes = any(scale.second != vec4f(1.0));
  if (unit.w + local.x >= unit.z || !(changes || AVERAGE)) { return; }
  for (var row = local.y; row < unit.y; row += LANES_Y) {
    let at = first + row * unit.z;
    let w = (parameters[at] * scale.first) * scale.second;
    if (changes) { parameters[at] = w; }
    if (AVERAGE) {
      let slot = replica * STATE_STRIDE + AVERAGE_SLOT * SLOT_STRIDE + at - replica * PARAMETERS_STRIDE;
      state[slot] = averaged(state[slot], w, average_weight(replica));
    }
  }
}
