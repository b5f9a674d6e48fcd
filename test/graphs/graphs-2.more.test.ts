import { manyFunctional, manyGraphs } from './many.ts';

manyGraphs(1100);
manyFunctional();
