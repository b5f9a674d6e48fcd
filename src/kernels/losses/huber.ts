import source from '../../../shaders/lib/losses/huber.wgsl';
import { elementLibraries } from './element.ts';

export const huberLibraries = elementLibraries('huber', source);
