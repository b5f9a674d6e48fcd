import source from '../../../shaders/lib/losses/mean-squared-error.wgsl';
import { elementLibraries } from './element.ts';

export const meanSquaredErrorLibraries = elementLibraries('mean-squared-error', source);
