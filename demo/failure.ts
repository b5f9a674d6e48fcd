/** Errors in words for a visitor: what happened, and what to do. */

import { GradshaderError } from '../src/errors.ts';

export interface Failure {
  readonly what: string;
  readonly advice: string;
  /** The error's own words, for a bug report. */
  readonly detail: string;
}

const WORDS: Readonly<Record<string, readonly [what: string, advice: string]>> = {
  'non-finite': [
    'Training diverged: a weight or gradient stopped being a finite number.',
    'Lower the learning rate and start again.',
  ],
  'device-lost': [
    'The browser lost the GPU, and the network on it: a driver reset, a crash or a long sleep does that.',
    'Press Start to train again. If it happens again, reload the page or restart the browser.',
  ],
  'no-device': ['There is no GPU adapter to train on.', 'Reload the page in a current browser on a machine with a GPU driver.'],
  'out-of-memory': ['The GPU has too little memory free for this.', 'Close other tabs that use the GPU, or choose fewer training images.'],
  'bad-file': [
    'The MNIST files could not be read.',
    'Serve this page with "npm run demo", which also serves MNIST, then reload it.',
  ],
  shader: ['The GPU driver refused a kernel.', 'Update the browser and the GPU driver. If that does not help, report the words below.'],
  input: ['These settings cannot be used.', 'Correct the value named below and start again.'],
};

/** Unknown errors are shown too: nothing is swallowed. */
export function failureOf(error: unknown): Failure {
  const detail = error instanceof Error ? error.message : String(error);
  const known = error instanceof GradshaderError ? WORDS[error.code] : undefined;
  const [what, advice] = known ?? ['Something failed that should not.', 'Reload the page. If it happens again, report the words below.'];
  return { what, advice, detail };
}
