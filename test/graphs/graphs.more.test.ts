/** Two hundred more random graphs: see graphs.test.ts. */
import { test } from 'vitest';
import { useDevice } from '../train/device.ts';
import { checkGraph } from './check.ts';
import { randomGraph } from './generate.ts';

const device = useDevice();

test.each(Array.from({ length: 200 }, (_, i) => 1000 + i))('random graph %i', async (seed) => {
  await checkGraph(device(), randomGraph(seed), seed);
});
