// Running average of the weights: weight 1 copies, 1 - decay gives the exponential moving average, 1 / n the mean.

fn averaged(average: vec4f, w: vec4f, weight: f32) -> vec4f {
  return select(average + weight * (w - average), w, weight == 1.0);
}
