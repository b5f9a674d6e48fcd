import log1p from '../../../shaders/lib/log1p.wgsl';
import logistic from '../../../shaders/lib/logistic.wgsl';
import source from '../../../shaders/lib/losses/binary-cross-entropy.wgsl';
import { elementLibraries } from './element.ts';

export const binaryCrossEntropyLibraries = elementLibraries('binary-cross-entropy', log1p, logistic, source);
