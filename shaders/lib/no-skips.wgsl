// Where no update is left out, the row knows the weight of the new weights in the running average.

fn average_weight(replica: u32) -> f32 { return rows[replica].average_weight; }
