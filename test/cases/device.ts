/** The device itself: a dispatch whose result is known. */
import type { Case } from '../hosts/cases.ts';

// GPUBufferUsage and GPUMapMode are not globals in Node.
const MAP_READ = 0x1;
const COPY_SRC = 0x4;
const COPY_DST = 0x8;
const STORAGE = 0x80;
const READ = 0x1;

const squares = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> result: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { result[id.x] = id.x * id.x; }
`;

export const deviceCases: readonly Case[] = [
  {
    name: 'device: a dispatch computes the squares of 0..255',
    async run(device, log) {
      const { gpu } = device;
      log(device.adapter.name);
      const size = 256 * 4;
      const read = await device.checked('squares', async () => {
        const module = gpu.createShaderModule({ label: 'squares', code: squares });
        const pipeline = gpu.createComputePipeline({ label: 'squares', layout: 'auto', compute: { module } });
        const result = gpu.createBuffer({ label: 'result', size, usage: STORAGE | COPY_SRC });
        const read = gpu.createBuffer({ label: 'read', size, usage: MAP_READ | COPY_DST });
        const group = gpu.createBindGroup({
          layout: pipeline.getBindGroupLayout(0),
          entries: [{ binding: 0, resource: { buffer: result } }],
        });
        const encoder = gpu.createCommandEncoder();
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(4);
        pass.end();
        encoder.copyBufferToBuffer(result, 0, read, 0, size);
        gpu.queue.submit([encoder.finish()]);
        return read;
      });
      await device.guard(read.mapAsync(READ));
      const got = new Uint32Array(read.getMappedRange().slice(0));
      read.destroy();
      const wrong = got.findIndex((value, index) => value !== index * index);
      if (wrong !== -1) throw new Error(`element ${wrong}: wanted ${wrong * wrong}, got ${got[wrong]}`);
    },
  },
];
