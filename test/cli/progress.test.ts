import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createProgress, epochLine, progressLine, showVerifying, verifyingLine } from '../../src/cli/progress.ts';
import type { ProgressStream } from '../../src/cli/progress.ts';
import type { HistoryEntry } from '../../src/cli/history.ts';
import type { Progress } from '../../src/train/events.ts';

const event = (more: Partial<Progress> = {}): Progress => ({
  epoch: 2, epochs: 5, stepInEpoch: 296, stepsPerEpoch: 469, step: 765, loss: 0.0812, accuracy: 0.9741, imagesPerSecond: 1103,
  stepMilliseconds: 116, stepsPerSubmit: 4, encodeMilliseconds: 1, secondsLeft: 130, ...more,
});

const epochEvent = (more: Partial<HistoryEntry> = {}): HistoryEntry => ({
  epoch: 2, step: 938, train: { loss: 0.08, accuracy: 0.975 }, penalty: 0, objective: 0.08, zeros: 0, seconds: 54,
  imagesPerSecond: 1103, ...more,
});

/** A stream that keeps what is written to it. */
function sink(tty?: { columns: number }): { stream: ProgressStream; text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stream: Object.assign(stream, tty ? { isTTY: true, columns: tty.columns } : {}), text: () => text };
}

describe('progressLine', () => {
  it('says it all where there is room', () => {
    expect(progressLine(event(), 120)).toBe(
      'epoch 2/5 [==================>           ]  63 %  loss 0.0812  acc 97.41 %  1 103 img/s  2 min 10 s left');
  });

  it('fills the bar only when the epoch is done', () => {
    expect(progressLine(event({ stepInEpoch: 0 }), 120)).toContain(`[>${' '.repeat(29)}]   0 %`);
    expect(progressLine(event({ stepInEpoch: 468 }), 120)).toContain(`[${'='.repeat(29)}>]  99 %`);
    expect(progressLine(event({ stepInEpoch: 469 }), 120)).toContain(`[${'='.repeat(30)}] 100 %`);
  });

  it('never gets longer than the terminal, and keeps the time left longest', () => {
    let before = Infinity;
    for (let width = 130; width >= 0; width--) {
      const line = progressLine(event({ epoch: 100, epochs: 100, loss: 2.3e-5, imagesPerSecond: 1_234_567 }), width);
      expect(line.length).toBeLessThanOrEqual(width);
      const parts = ['img/s', 'acc', 'loss', 'left'].map((word) => line.includes(word));
      expect(parts).toEqual([...parts].sort((a, b) => Number(a) - Number(b)));
      const count = parts.filter(Boolean).length;
      expect(count).toBeLessThanOrEqual(before);
      before = count;
    }
    expect(progressLine(event(), 80)).toMatch(/^epoch 2\/5 \[.{8,}\] .*loss .*acc .*left$/);
    expect(progressLine(event(), 18)).toBe('epoch 2/5  63 %');
  });
});

describe('epochLine', () => {
  it('names what the epoch gave', () => {
    expect(epochLine(epochEvent(), 5)).toBe('epoch 2/5  loss 0.0800  acc 97.50 %  54 s  1 103 img/s');
    expect(epochLine(epochEvent({ test: { loss: 0.07, accuracy: 0.979 }, zeros: 0.612 }), 5)).toBe(
      'epoch 2/5  loss 0.0800  acc 97.50 %  test loss 0.0700  test acc 97.90 %  61.20 % zeros  54 s  1 103 img/s');
  });
});

it('the line of an epoch says what was left out, where something was', () => {
  expect(epochLine(epochEvent({ skipped: 0, nonFinite: 0 }), 5)).toBe(epochLine(epochEvent(), 5));
  expect(epochLine(epochEvent({ skipped: 1, nonFinite: 1 }), 5)).toContain('  1 update left out so far  1 sample without a finite loss  ');
  expect(epochLine(epochEvent({ skipped: 1200, nonFinite: 40 }), 5)).toContain('  1 200 updates left out so far  40 samples without a finite loss  ');
  expect(epochLine(epochEvent({ skipped: 7, nonFinite: 4 }), 5, 60)).toContain('7 updates left out so far');
});

describe('epochLine where it is narrow', () => {
  it('drops the least needed parts and keeps the test accuracy longest', () => {
    const entry = epochEvent({ validation: { loss: 0.09, accuracy: 0.97 }, test: { loss: 0.07, accuracy: 0.979 }, zeros: 0.612 });
    expect(epochLine(entry, 5)).toContain('val loss 0.0900  val acc 97.00 %  test loss');
    expect(epochLine(entry, 5, 79)).not.toContain('img/s');
    for (let width = 130; width >= 52; width--) {
      const line = epochLine(entry, 5, width);
      expect(line.length).toBeLessThanOrEqual(width);
      expect(line).toMatch(/^epoch 2\/5 .*test acc 97\.90 %/);
    }
  });
});

describe('on a terminal', () => {
  it('draws one bar for each epoch and leaves one line for it', () => {
    const { stream, text } = sink({ columns: 80 });
    const display = createProgress(stream, 2);
    display.progress(event({ epoch: 1, epochs: 2, stepInEpoch: 10 }));
    display.progress(event({ epoch: 1, epochs: 2, stepInEpoch: 469 }));
    display.epoch(epochEvent({ epoch: 1 }));
    display.progress(event({ epoch: 2, epochs: 2, stepInEpoch: 20 }));
    display.log('saved');
    display.progress(event({ epoch: 2, epochs: 2, stepInEpoch: 40 }));
    display.stop();
    display.stop();
    const drawn = text();
    // What each "erase the line" left standing is overwritten; lines that end in a line break stay.
    const kept = drawn.split('\n').slice(0, -1).map((line) => line.split('\x1b[2K').at(-1));
    expect(kept).toEqual([epochLine(epochEvent({ epoch: 1 }), 2), 'saved']);
    expect(drawn).toContain('epoch 1/2 [');
    expect(drawn).toContain('100 %');
    expect(drawn).toContain('epoch 2/2 [');
    // The cursor is shown again as often as it was hidden, and so is line wrapping.
    const times = (code: string): number => drawn.split(code).length - 1;
    expect([times('\x1b[?25l'), times('\x1b[?25h'), times('\x1b[?7l'), times('\x1b[?7h')]).toEqual([3, 3, 3, 3]);
  });

  it('fits a narrow one', () => {
    const { stream, text } = sink({ columns: 30 });
    const display = createProgress(stream, 5);
    display.progress(event());
    display.stop();
    const bars = text().split('\x1b').map((part) => part.replace(/^\[?\??\d*[A-Za-z0-9]/, '')).filter((part) => part.includes('epoch'));
    expect(bars.length).toBeGreaterThan(0);
    for (const line of bars) expect(line.length).toBeLessThan(30);
  });
});

describe('elsewhere', () => {
  /** The lines of `seconds` seconds of training, one event each `every` milliseconds. */
  function logged(epochs: number, secondsPerEpoch: number, every: number): string[] {
    const { stream, text } = sink();
    let now = 0;
    const display = createProgress(stream, epochs, () => now);
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const steps = (secondsPerEpoch * 1000) / every;
      for (let step = 1; step <= steps; step++) {
        now += every;
        display.progress(event({ epoch, epochs, stepInEpoch: step, stepsPerEpoch: steps }));
      }
      display.epoch(epochEvent({ epoch }));
    }
    display.stop();
    return text().split('\n').slice(0, -1);
  }

  it('writes a line each tenth of a slow epoch', () => {
    const lines = logged(2, 60, 100);
    expect(lines).toHaveLength(20);
    expect(lines[0]).toBe('epoch 1/2  10 %  loss 0.0812  acc 97.41 %  1 103 img/s  2 min 10 s left');
    expect(lines.map((line) => / (\d+) % {2}loss/.exec(line)?.[1] ?? 'end')).toEqual(
      [...Array(2)].flatMap(() => ['10', '20', '30', '40', '50', '60', '70', '80', '90', 'end']));
  });

  it('writes only the ends of fast epochs', () => {
    expect(logged(5, 1, 10).every((line) => line.includes('54 s  1 103 img/s'))).toBe(true);
    expect(logged(5, 1, 10)).toHaveLength(5);
  });

  it('is never silent for longer than 30 seconds', () => {
    expect(logged(1, 3600, 1000)).toHaveLength(120);
  });

  it('writes no control characters', () => {
    expect(logged(1, 60, 100).join('')).toMatch(/^[\x20-\x7e]+$/);
  });
});

describe('the self-test', () => {
  const tell = (display: ReturnType<typeof createProgress>, dones: readonly number[], each: () => void = () => {}): void => dones.forEach((done) => {
    each();
    showVerifying(display, { done, milliseconds: 5000 * done, ...(done === 1 && { place: '/cache/verified.json' }) }, 'node');
  });
  const END = 'Results checked against float64 in 5.0 s; remembered in /cache/verified.json.';

  it('is a bar that moves and leaves one line, before that of the epoch', () => {
    const { stream, text } = sink({ columns: 80 });
    const display = createProgress(stream, 2);
    tell(display, [0, 0.5, 1]);
    display.progress(event({ epoch: 1, epochs: 2, stepInEpoch: 10 }));
    display.epoch(epochEvent({ epoch: 1 }));
    const drawn = text(), kept = drawn.split('\n').slice(0, -1).map((line) => line.split('\x1b[2K').at(-1));
    expect(kept).toEqual([END, epochLine(epochEvent({ epoch: 1 }), 2)]);
    expect(drawn).toContain(`checking results against float64 [>${' '.repeat(29)}]   0 %`);
    expect(drawn.split('\x1b[?25l').length).toBe(drawn.split('\x1b[?25h').length);
  });

  it('fits a narrow terminal', () => {
    for (let width = 100; width >= 0; width--) expect(verifyingLine({ done: 0.63, milliseconds: 1 }, width).length).toBeLessThanOrEqual(width);
    expect(verifyingLine({ done: 0.63, milliseconds: 1 }, 79)).toMatch(/^checking results against float64 \[=+> *\] {2}63 %$/);
    expect(verifyingLine({ done: 0.63, milliseconds: 1 }, 40)).toBe('checking results against float64  63 %');
  });

  it('is plain lines elsewhere: no two of its progress within 2 seconds, and begun anew where other tiles are tested', () => {
    const { stream, text } = sink();
    let now = 0;
    const display = createProgress(stream, 2, () => now);
    tell(display, [0, 0.1, 0.3, 0.5, 0, 0.9, 1], () => { now += 1500; });
    tell(display, [0, 1]);
    expect(text()).toBe(['Checking results against float64 ...', 'checked 30 %', 'Checking results against float64 ...', END, 'Checking results against float64 ...', END, ''].join('\n'));
  });
});
