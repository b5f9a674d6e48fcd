import { manyGraphs } from './many.ts';

manyGraphs(1000);
