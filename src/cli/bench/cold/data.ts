/** What the pages of the cold start have in common: the network, the data and the report. No library is imported here. */

export const SIZES = [784, 1000, 500, 10] as const;
export const CLASSES = 10;
export const BATCH = 128;
export const LEARNING_RATE = 0.05;
export const MOMENTUM = 0.9;
export const L2 = 1e-4;
/** Of the inputs and of each hidden layer's values. */
export const DROPOUT = { input: 0.2, hidden: 0.5 } as const;

/** Ten batches: what is timed is the first step, so the data must not be what takes the time. */
const SAMPLES = 10 * BATCH;

/** Synthetic u8 images and their labels, the same in every page. */
export function samples(): { images: Uint8Array<ArrayBuffer>; labels: Uint8Array<ArrayBuffer> } {
  const images = new Uint8Array(SAMPLES * SIZES[0]);
  for (let i = 0; i < images.length; i++) images[i] = Math.imul(i, 2654435761) >>> 24;
  return { images, labels: Uint8Array.from({ length: SAMPLES }, (_, i) => i % CLASSES) };
}

/** What a page sends home, in milliseconds since its navigation began. */
export interface ColdReport {
  /** When the loss of the first training step had been read back. */
  readonly milliseconds: number;
  /** When each stage was over, in order. */
  readonly stages: readonly (readonly [name: string, end: number])[];
  readonly loss: number;
  /** What went wrong; the rest is then meaningless. */
  readonly error?: string;
}

export type Stage = (name: string) => void;

/** Runs a page's first step and sends home when what was done. `run` gives the loss. */
export async function coldStart(run: (stage: Stage) => Promise<number>): Promise<void> {
  const stages: [string, number][] = [];
  const stage: Stage = (name) => void stages.push([name, performance.now()]);
  stage('HTML and script');
  let report: ColdReport;
  try {
    const loss = await run(stage);
    report = { milliseconds: performance.now(), stages, loss };
  } catch (error) {
    report = { milliseconds: performance.now(), stages, loss: NaN, error: (error as Error).stack ?? String(error) };
  }
  await fetch('/done', { method: 'POST', body: JSON.stringify(report) });
}
