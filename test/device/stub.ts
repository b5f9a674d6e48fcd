/** Adapters that exist only as data, for what a real machine cannot show on demand. */

/** A GPU that offers the given adapter, or none. `fallback` answers `forceFallbackAdapter`. */
export function stubGpu(adapter: GPUAdapter | null, fallback: GPUAdapter | null = null): GPU {
  return {
    requestAdapter: async (options?: GPURequestAdapterOptions) =>
      options?.forceFallbackAdapter === true ? fallback : adapter,
  } as unknown as GPU;
}

/** An adapter with this info; `requestDevice` rejects, as a busy driver's does. */
export function stubAdapter(info: Partial<GPUAdapterInfo>): GPUAdapter {
  return {
    info: { vendor: '', architecture: '', device: '', description: '', ...info },
    limits: { maxBufferSize: 256 * 2 ** 20 },
    features: new Set(['timestamp-query']),
    requestDevice: async () => {
      throw new Error('driver is busy');
    },
  } as unknown as GPUAdapter;
}
