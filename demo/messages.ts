/** Everything the page and its worker say to each other. Types only. */

import type { Epoch, Probe, Progress } from '../src/index.ts';
import type { Failure } from './failure.ts';
import type { Settings } from './settings.ts';

/** What the page asks for. */
export type ToWorker =
  | { readonly type: 'start'; readonly settings: Settings }
  | { readonly type: 'stop' }
  /** Goes on with the network at hand up to `epochs` epochs in all. */
  | { readonly type: 'continue'; readonly epochs: number }
  /** `pixels`: one 28 x 28 image, row-major, 0 = paper, 255 = ink. */
  | { readonly type: 'classify'; readonly pixels: Uint8Array }
  | { readonly type: 'test-image' };

/** What the worker answers. */
export type FromWorker =
  | { readonly type: 'adapter'; readonly probe: Probe }
  | { readonly type: 'phase'; readonly phase: 'loading' | 'preparing' | 'training' }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'epoch'; readonly epoch: Epoch }
  /** Training rests; `done` when the last epoch asked for is complete. `hash` is the SHA-256 of the weights. */
  | { readonly type: 'rest'; readonly done: boolean; readonly epoch: number; readonly step: number; readonly hash: string }
  /** `resumable`: the network is still there and training can go on. */
  | { readonly type: 'failed'; readonly failure: Failure; readonly resumable: boolean }
  /** Ten probabilities; none while there is no network. */
  | { readonly type: 'classified'; readonly probabilities?: readonly number[] }
  | { readonly type: 'test-image'; readonly pixels: Uint8Array; readonly label: number };
