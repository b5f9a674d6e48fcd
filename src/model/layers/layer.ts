/** What a layer type is: shapes, parameters, and the operations that it says, forward and backward. */

import type { Dropout } from '../../kernels/dropout.ts';
import type { Emit, Parameters } from '../../ops/emit.ts';
import type { ValueId } from '../../ops/op.ts';
import type { Domain } from '../domains.ts';
import type { Init } from '../inits/init.ts';
import type { Numbered } from '../numbers.ts';
import type { Role } from '../role.ts';

/** Sizes of one sample's value: [784], [28, 28]. */
export type Shape = readonly number[];

export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

export interface ParameterSpec {
  /** layers.N.NAME in files; N counts the layers with parameters. */
  readonly name: string;
  readonly role: Role;
  /** As it lies in memory: a weight is [inputs, outputs]. */
  readonly shape: Shape;
  /** Axes of the memory in the order of files, which are PyTorch's: a weight is [outputs, inputs]. */
  readonly fileAxes: readonly number[];
  /** Of the layer: its inputs and outputs. */
  readonly fanIn: number;
  readonly fanOut: number;
  readonly init: Init;
}

/** A layer in its network: what its operations refer to. */
export interface Bound<Settings> {
  readonly settings: Settings;
  readonly inputs: readonly ValueId[];
  /** Elements of its output, per sample. */
  readonly width: number;
  readonly parameters?: Parameters | undefined;
  readonly dropout?: Dropout | undefined;
  /** Its entry in the row's `layers`, where it has numbers of its own. */
  readonly entry?: number | undefined;
}

/** The shapes of what the layer takes and makes that another has its weights of. */
export interface Source {
  readonly input: Shape;
  readonly output: Shape;
}

/** A layer type. A layer knows nothing of its neighbours. */
export interface LayerType<Settings extends { readonly type: string }> {
  readonly type: Settings['type'];
  /** As users write it: 'dense(units)'. */
  readonly maker: string;
  /** Most take one input; a join takes two or more, of one size or of any. */
  readonly joins?: 'equal' | 'any';
  /** It stands at the end of a model alone, and says what the loss makes of the output. */
  readonly isOutput?: boolean;
  /** Numbers that are hyperparameters: schedulable, and different from replica to replica. */
  readonly numbers?: Readonly<Record<string, Domain>>;
  /** Its own numbers besides a dropout's rate, as its settings have them. */
  numbersOf?(settings: Settings): Pick<Numbered, 'keys' | 'values'>;
  /** Each output depends on its own input alone: penalties on a layer's activations look through it. */
  readonly isElementwise?: boolean;
  /** Checks settings that were written by hand or come from a file. @throws InputError */
  check(settings: Settings): void;
  /** Settings that name another layer of a model by its place. @param places of the layers that were given, in the model @throws InputError */
  placed?(settings: Settings, given: readonly unknown[], places: readonly number[], maker: string): Settings;
  /** Why it cannot stand at its place in a model, behind its name; '' where it can. @param source of the layer that it names, where that is before it */
  refusal?(settings: Settings, input: Shape, source: Source | undefined): string;
  /** @param source of a layer that takes its weights of another */
  shape(inputs: readonly Shape[], settings: Settings, source?: Source): Shape;
  /** Those of its own, if any. @param init of weights, unless the settings say another */
  parameters?(input: Shape, settings: Settings, init: Init, source?: Source): readonly ParameterSpec[] | undefined;
  /** As a table of layers shows it. */
  title(settings: Settings): string;
  forward(emit: Emit, me: Bound<Settings>): ValueId;
  /** Gradients of the inputs, given that of the output; undefined for those that need none. */
  backward(emit: Emit, delta: ValueId, output: ValueId, me: Bound<Settings>): readonly (ValueId | undefined)[];
}
