import { manyGraphs } from './many.ts';

// Not from 1000 on: in one of those gradients vanish on the way back, and f32 hides more mistakes than the hundred may have hidden.
manyGraphs(1200);
