// Philox 4x32-10 words, for proving a device against the Random123 known answers.
//
//   words[i] = philox4x32(counters[i], key of rows[0])
//
// counters, words  [LENGTH] vec4u. One thread makes one block of four words.

@group(0) @binding(1) var<storage, read> counters: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> words: array<vec4u>;

@compute @workgroup_size(WORKGROUP_X)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= LENGTH) { return; }
  words[id.x] = philox4x32(counters[id.x], rows[0].seed);
}
