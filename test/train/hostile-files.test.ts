/** Hostile files, a few of each format: see hostile.ts. */
import { attackAll } from './hostile-suite.ts';

attackAll(150, 40, 60_000);
