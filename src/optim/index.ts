/**
 * `gradshader/optim`: the library's fused optimizers and penalties for any WebGPU program, applied to its own buffers
 * of weights and gradients.
 *
 * @example
 * ```ts
 * import { adam, l1, openDevice } from 'gradshader';
 * import { createOptim } from 'gradshader/optim';
 * const { gpu } = await openDevice(); // or a GPUDevice of your own
 * const usage = 0x80 | 0x4 | 0x8; // STORAGE, COPY_SRC and COPY_DST of GPUBufferUsage, which Node lacks
 * const [buffer, gradient] = [gpu.createBuffer({ size: 4096, usage }), gpu.createBuffer({ size: 4096, usage })];
 * const parameters = [{ name: 'w', buffer, length: 1024, gradient: { buffer: gradient } }];
 * const optim = await createOptim(gpu, { parameters, optimizer: adam({ learningRate: 1e-2, regularizers: [l1(1e-4)] }) });
 * const encoder = gpu.createCommandEncoder();
 * const pass = encoder.beginComputePass();
 * optim.encode(pass); // behind your own dispatches, which write the gradient
 * pass.end();
 * gpu.queue.submit([encoder.finish()]);
 * ```
 */

export { createOptim } from './create.ts';
export type { GradientView, OptimOptions, ParameterView } from './options.ts';
export { Optim, type AverageView, type OptimFlags } from './optim.ts';
export type { OptimOverrides } from './settings.ts';
export type { VerifiedKernel, VerifyReport, WrongNumber } from '../verify/report.ts';
