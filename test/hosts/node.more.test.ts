/**
 * What may read a device's limits (a kernel's own dispatch knows none): those that node.test.ts leaves out, and all once more
 * on a device with all that the adapter has.
 */
import { cases } from '../cases/index.ts';
import { isKernels, seldom, testInNode } from './in-node.ts';

await testInNode(seldom(true), 'default');
await testInNode(cases.filter((one) => !isKernels(one)), 'adapter');
