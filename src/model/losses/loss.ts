/** What a loss type is. */

export interface LossType<Settings extends { readonly type: string }> {
  readonly type: Settings['type'];
  /** Targets it takes: the index of a class per sample. */
  readonly targets: 'class';
  /** The kernel of a sample's loss and its gradient, and of what a network's output says to users. */
  readonly kernels: { readonly loss: 'softmax-cross-entropy'; readonly prediction: 'softmax' };
  /** The network's outputs, as users are told of them. */
  readonly outputs: string;
  /** As in an example of its making. */
  readonly maker: string;
}
