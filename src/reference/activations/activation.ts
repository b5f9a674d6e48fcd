/** An activation in float64. */
export interface ActivationReference {
  /** f(z) */
  activate(z: number): number;
  /** f'(z) is 1 where f(z) > 0 and 0 elsewhere: what is stored, dropped out or not, is the mask. Default false. */
  readonly keepsMask?: boolean;
  /** What f' is computed from: f(z), or z itself. Default 'output'. */
  readonly stored?: 'output' | 'input';
  /** f'(z), from that. */
  slope(stored: number): number;
}
