import source from '../../../shaders/lib/losses/smooth-l1.wgsl';
import { elementLibraries } from './element.ts';

export const smoothL1Libraries = elementLibraries('smooth-l1', source);
