// Updates that were left out, as only the GPU counts them: skips [parity of t][replica]. The half of t's parity holds how
// many there were before this update; the other one, as soon as the update has run, how many there are with it.

fn skips_before(replica: u32) -> u32 { return skips[(rows[replica].t & 1u) * REPLICAS + replica]; }
fn skips_after(replica: u32) -> u32 { return skips[(1u - (rows[replica].t & 1u)) * REPLICAS + replica]; }

// Number of this update among those that are not left out, from 1.
fn own_t(replica: u32) -> u32 { return rows[replica].t - skips_before(replica); }

// Of the new weights in the running average, by that number; the row then holds its limit for t = infinity.
fn average_weight(replica: u32) -> f32 {
  if (!SKIP) { return rows[replica].average_weight; }
  let t = own_t(replica);
  let start = rows[replica].average_start;
  let every = rows[replica].average_every;
  if (t < start) { return 1.0; }
  if (every == 0u) { return rows[replica].average_weight; }
  return select(0.0, 1.0 / f32((t - start) / every + 1u), (t - start) % every == 0u);
}
