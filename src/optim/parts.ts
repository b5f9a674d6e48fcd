/** What an optim is made of. */

import type { Device } from '../device/index.ts';
import type { Rule } from '../kernels/rule.ts';
import type { Arena } from '../model/arena.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';
import type { Program, ReadyPlan } from '../webgpu/program.ts';
import type { Settings } from './options.ts';
import type { OptimBuild } from './plan.ts';
import type { Tensor } from './tensors.ts';

/** What `createOptim` puts together. */
export interface OptimParts {
  readonly device: Device;
  /** Whether the device is closed with the optim: it is our own wrapping of the caller's. */
  readonly closesDevice: boolean;
  readonly program: Program;
  readonly build: OptimBuild;
  readonly plan: ReadyPlan;
  readonly tensors: readonly Tensor[];
  readonly rule: Rule;
  /** Of the state. */
  readonly arena: Arena;
  readonly settings: ReplicaSettings;
  readonly options: Settings;
}
