/** Hostile files, ten thousand of each format: see hostile.ts. */
import { attackAll } from './hostile-suite.ts';

attackAll(10_000, 300, 300_000);
