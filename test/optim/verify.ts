/** Optims to be verified: three tensors in two pairs of buffers, at offsets of their own. */
import { openDevice, type Device } from '../../src/device/index.ts';
import type { Averaging, Optimizer } from '../../src/index.ts';
import { createOptim, type Optim, type OptimOptions, type ParameterView } from '../../src/optim/index.ts';
import { draw } from '../cases/contents.ts';
import { Caller } from '../cases/optim.ts';

export interface Subject {
  readonly optim: Optim;
  readonly caller: Caller;
  readonly buffers: readonly GPUBuffer[];
  destroy(): Promise<void>;
}

/** Usages are as few as may be: no COPY_SRC, no COPY_DST, so that a look at the caller's buffers would fail. */
export async function subject(gpu: GPUDevice, optimizer: Optimizer, more: Partial<OptimOptions> & { readonly averaging?: Averaging } = {}): Promise<Subject> {
  const caller = new Caller(gpu), device: Device = await openDevice({ device: gpu });
  const [first, second, gradients] = [1, 2, 3].map((id) => caller.buffer(Float32Array.from(draw(2000, id)))) as [GPUBuffer, GPUBuffer, GPUBuffer];
  const parameters: ParameterView[] = [
    { name: 'w', buffer: first, offset: 5, length: 37 * 31, shape: [37, 31], gradient: { buffer: gradients, offset: 3 } },
    { name: 'b', buffer: first, offset: 1500, length: 31, kind: 'bias', gradient: { buffer: gradients, offset: 1200 } },
    { name: 'v', buffer: second, offset: 1, length: 31 * 9, shape: [31, 9], layout: 'out-in', gradient: { buffer: gradients, offset: 1300 } },
  ];
  const optim = await createOptim(device, { parameters, optimizer, ...more } as OptimOptions);
  return {
    optim, caller, buffers: [first, second, gradients],
    destroy: async () => {
      optim.destroy();
      caller.destroy();
      await device.close();
    },
  };
}
