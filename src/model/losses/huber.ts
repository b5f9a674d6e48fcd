import { huberLibraries } from '../../kernels/losses/huber.ts';
import { elementLossType } from './element.ts';
import type { Huber } from './settings.ts';

export const huberLoss = elementLossType<Huber>(huberLibraries, 'huber', { delta: 1 });
