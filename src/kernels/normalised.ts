import library from '../../shaders/lib/normalised.wgsl';
import { knowTable } from './gather.ts';

/** From here on gather can see inputs by a table: few pages do. */
export const knowNormalised = (): void => knowTable(library);
