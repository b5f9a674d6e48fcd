/** What an activation is to the kernels: a library of WGSL, and what backward needs. */

export interface Activation<Name extends string = string> {
  /** The same in shaders/lib/activations, src/reference/activations and a model's layers. */
  readonly name: Name;
  /** WGSL: activate(z, replica), and slope(gradient, stored, replica), the gradient times f'(z). Where its numbers are parameters: activate(z, slopes). */
  readonly source: string;
  /** What it calls of shaders/lib. Default none. */
  readonly libraries?: readonly string[];
  /** Where its numbers are parameters: the library in the place of the usual one that applies it. */
  readonly activated?: string;
  /** What the derivative is computed from: the activation's output, or its input. */
  readonly stored: 'output' | 'input';
  /** f(0) = 0: columns that pad a row stay zero by themselves. */
  readonly keepsZero: boolean;
  /** f'(z) is 1 where f(z) > 0 and 0 elsewhere: its output, dropped out or not, is the mask of its gradient. */
  readonly keepsMask: boolean;
}
