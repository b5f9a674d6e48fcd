import source from '../../../shaders/lib/losses/mean-absolute-error.wgsl';
import { elementLibraries } from './element.ts';

export const meanAbsoluteErrorLibraries = elementLibraries('mean-absolute-error', source);
