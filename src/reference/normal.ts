/** The standard normal distribution, to about 1e-15. */

const ROOT_PI = Math.sqrt(Math.PI);

/** exp(-x^2) sum of 2^n x^(2 n + 1) / (1 3 5 ... (2 n + 1)) = erf(x) sqrt(pi) / 2 (Abramowitz, Stegun, 7.1.6): nothing cancels. */
function erfSeries(x: number): number {
  let term = x, sum = x;
  for (let n = 1; term > 1e-17 * sum; n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / ROOT_PI) * Math.exp(-x * x) * sum;
}

/** exp(-x^2) / sqrt(pi) * 1 / (x + (1/2) / (x + (2/2) / (x + (3/2) / (x + ...)))) (Abramowitz, Stegun, 7.1.14), from its end. */
function erfcFraction(x: number): number {
  let value = x;
  for (let n = 60; n > 0; n--) value = x + n / 2 / value;
  return Math.exp(-x * x) / (ROOT_PI * value);
}

/** erfc(x), x >= 0. */
const erfc = (x: number): number => (x < 2.5 ? 1 - erfSeries(x) : erfcFraction(x));

/** P(z) = (1 + erf(z / sqrt(2))) / 2. NaN stays NaN. */
export function normalDistribution(z: number): number {
  const half = erfc(Math.abs(z) / Math.SQRT2) / 2;
  return z > 0 ? 1 - half : half;
}

/** p(z) = exp(-z^2 / 2) / sqrt(2 pi). */
export const normalDensity = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
