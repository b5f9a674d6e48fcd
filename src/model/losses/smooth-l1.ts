import { smoothL1Libraries } from '../../kernels/losses/smooth-l1.ts';
import { elementLossType } from './element.ts';
import type { SmoothL1 } from './settings.ts';

export const smoothL1Loss = elementLossType<SmoothL1>(smoothL1Libraries, 'smoothL1', { beta: 1 });
