/** An activation in float64. */
export interface ActivationReference {
  /** f(z) */
  activate(z: number): number;
  /** f'(z), from what backward is given: f(z), or z itself. */
  slope(stored: number): number;
}
