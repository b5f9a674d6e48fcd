// The standard normal distribution: its density, and its distribution function by the complementary error function, whose
// Chebyshev fit is off by less than 1.2e-7 of the value everywhere (Press et al., Numerical Recipes, 2nd edition, section 6.2).

// Beyond it both are 0 or 1 in f32, and squares overflow later on.
const NORMAL_END: f32 = 15.0;

fn normal_density(z: vec4f) -> vec4f {
  let a = min(abs(z), vec4f(NORMAL_END));
  return 0.3989422804014327 * exp(-0.5 * a * a);
}

fn normal_distribution(z: vec4f) -> vec4f {
  let x = 0.7071067811865476 * min(abs(z), vec4f(NORMAL_END));
  let t = 1.0 / (1.0 + 0.5 * x);
  let series = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (0.27886807 +
    t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
  let tail = 0.5 * t * exp(series - x * x);
  return select(tail, 1.0 - tail, z > vec4f());
}
