/** What a build's loss is to its kernels. */

import type { LossShape } from '../kernels/losses/index.ts';
import { lossTypeOf } from '../model/losses/index.ts';
import { rowLayers } from '../model/network.ts';
import type { Build, DataFormat } from './build.ts';

export function lossShape({ loss, network }: Build, { target: { kind, words, isWeighted } }: DataFormat): LossShape {
  const { classWeights, isPlain } = lossTypeOf(loss), isVector = kind !== 'class';
  return {
    type: loss.type, target: { words, isVector, isWeighted }, entry: rowLayers(network) - 1,
    classWeights: classWeights?.(loss) !== undefined,
    isPlain: !isVector && !isWeighted && isPlain?.(loss) === true,
  };
}
