/** Loading TensorFlow.js with one backend. The only module that has its WebAssembly, which is bundled with it. */

import type * as WasmBackend from '@tensorflow/tfjs-backend-wasm';
import type { Peer } from './contestant.ts';
import { tensorFlowPeer } from './tfjs.ts';

const urlOf = (bytes: Uint8Array): string => URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/wasm' }));

/** From memory, so that a page needs nothing beside its script. Browsers without SIMD have no WebGPU either. */
async function usePackedFiles({ setWasmPaths }: typeof WasmBackend): Promise<void> {
  const [simd, threaded] = (await Promise.all([
    import('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm'),
    import('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm'),
  ])).map(({ default: bytes }) => urlOf(bytes)) as [string, string];
  setWasmPaths({ 'tfjs-backend-wasm.wasm': simd, 'tfjs-backend-wasm-simd.wasm': simd, 'tfjs-backend-wasm-threaded-simd.wasm': threaded }, true);
}

/** @throws when this environment has no such backend */
export async function startTensorFlow(backend: 'webgpu' | 'wasm'): Promise<Peer> {
  const [core, layers] = await Promise.all([import('@tensorflow/tfjs-core'), import('@tensorflow/tfjs-layers')]);
  let wasm: typeof WasmBackend | undefined;
  if (backend === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu');
  else {
    wasm = await import('@tensorflow/tfjs-backend-wasm');
    await usePackedFiles(wasm);
  }
  if (core.findBackendFactory(backend) === null || !(await core.setBackend(backend))) throw new Error(`TensorFlow.js found no ${backend} here.`);
  await core.ready();
  const threads = wasm?.getThreadsCount();
  return tensorFlowPeer({ core, layers }, backend, core.version_core, () => ({ dtype: 'float32', ...(threads !== undefined && { threads }) }));
}
