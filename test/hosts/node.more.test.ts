/** What may read a device's limits, once more on a device with all that the adapter has; a kernel's own dispatch knows none. */
import { cases, kernelCases } from '../cases/index.ts';
import { testInNode } from './in-node.ts';

const kernels = new Set(kernelCases.map(({ name }) => name));

await testInNode(cases.filter(({ name }) => !kernels.has(name)), 'adapter');
