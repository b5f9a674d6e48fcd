/** What only a caller's own buffers need: a look at whether the device can bind them. */

import type { BufferRange } from './buffers.ts';
import { layoutEntries } from './pipelines.ts';
import type { Program } from './program.ts';

/**
 * Lends the caller's buffers to a Program, for plans to bind by name.
 * @throws GradshaderError 'validation' when the device cannot bind one; then none is taken
 */
export async function lend(program: Program, ranges: Readonly<Record<string, BufferRange>>): Promise<void> {
  const { device } = program;
  const layout = device.gpu.createBindGroupLayout({ label: 'one buffer', entries: layoutEntries([{ access: 'read' }]) });
  for (const [label, resource] of Object.entries(ranges)) {
    await device.checked(label, () => device.gpu.createBindGroup({ label, layout, entries: [{ binding: 0, resource }] }));
  }
  for (const [name, range] of Object.entries(ranges)) program.lend(name, range);
}
