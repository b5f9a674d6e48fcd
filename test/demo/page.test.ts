/** The demo page in a real browser, on whatever adapter that has. */
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DemoHost, startDemo } from './host.ts';

let host: DemoHost;
beforeAll(async () => { host = await startDemo(); });
afterAll(async () => host?.close());

const text = (page: Page, selector: string): Promise<string> => page.$eval(selector, (element) => element.textContent ?? '');
const percent = async (page: Page, selector: string): Promise<number> => Number.parseFloat(await text(page, selector)) / 100;

/** Throws what the page says if it says that something failed. */
async function waitForStatus(page: Page, start: string): Promise<void> {
  const seen = await page.waitForFunction((start) => {
    const failure = document.querySelector<HTMLElement>('#failure');
    if (failure?.hidden === false) return failure.textContent;
    return document.querySelector('#status')?.textContent?.startsWith(start) ? 'ok' : false;
  }, { timeout: 110_000 }, start);
  expect(await seen.jsonValue()).toBe('ok');
}

async function set(page: Page, selector: string, value: string | boolean): Promise<void> {
  await page.$eval(selector, (element, value) => {
    const input = element as HTMLInputElement;
    if (typeof value === 'boolean') input.checked = value;
    else input.value = value;
    for (const type of ['input', 'change']) input.dispatchEvent(new Event(type, { bubbles: true }));
  }, value);
}

/** Some fifty steps on a software adapter; a GPU gets enough to be stopped in the middle. */
async function shortRun(page: Page): Promise<void> {
  const hardware = (await page.$('.badge.hardware')) !== null;
  await set(page, '#images', hardware ? '60000' : '6000');
  await set(page, '#epochs', hardware ? '5' : '1');
}

const curvePoints = (page: Page, chart: string): Promise<number[][]> =>
  page.$eval(`${chart} polyline.train`, (line) => {
    const points = line.getAttribute('points') ?? '';
    return points.split(' ').filter((pair) => pair !== '').map((pair) => pair.split(',').map(Number));
  });
const hash = async (page: Page): Promise<string | undefined> => /[0-9a-f]{64}/.exec(await text(page, '#hash'))?.[0];

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/**
 * Milliseconds of CPU time of every task of the pages' main threads. Not the wall-clock time that a long-task observer
 * sees: a software adapter takes every core, and a page that waits for one is not busy.
 */
function mainThreadTasks(trace: Uint8Array): number[] {
  const { traceEvents } = JSON.parse(new TextDecoder().decode(trace)) as { traceEvents: TraceEvent[] };
  const key = ({ pid, tid }: TraceEvent): string => `${pid}:${tid}`;
  const named = traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  const threads = new Set(named.map(key));
  return traceEvents.flatMap((event) =>
    event.name === 'ThreadControllerImpl::RunTask' && event.tdur !== undefined && threads.has(key(event)) ? [event.tdur / 1000] : []);
}

/** Positions on the pad, each in [0, 1]. */
async function onPad(page: Page, path: readonly (readonly [number, number])[]): Promise<{ x: number; y: number }[]> {
  const pad = (await page.$('#pad'))!;
  await pad.scrollIntoView();
  const box = (await pad.boundingBox())!;
  return path.map(([x, y]) => ({ x: box.x + x * box.width, y: box.y + y * box.height }));
}

describe('the page', () => {
  let page: Page;
  let complaints: string[];
  let stoppedHash: string | undefined;
  let stoppedAccuracy: string;

  beforeAll(async () => {
    ({ page, complaints } = await host.open());
    await page.setViewport({ width: 1280, height: 900 });
  });

  test('says which adapter it got and how long training will take', async () => {
    expect(await text(page, '#adapter-kind')).toMatch(/^(software|hardware) adapter$/);
    expect((await text(page, '#adapter-text')).length).toBeGreaterThan(5);
    expect(await text(page, '#expected')).toMatch(/^Expected time: .*guessed/);
    expect(await page.$eval('#start', (button) => (button as HTMLButtonElement).disabled)).toBe(false);
    expect(await text(page, '#answer')).toContain('no network yet');
  });

  test('every control has a name, and a phone needs no sideways scrolling', async () => {
    const names = await page.$$eval('input, select, button', (controls) => controls.map((control) =>
      control instanceof HTMLButtonElement ? control.textContent : (control as HTMLInputElement).labels?.[0]?.textContent));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(name?.trim()).toBeTruthy();
    await page.setViewport({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.setViewport({ width: 1280, height: 900 });
  });

  test('trains in its worker with live curves, stops, and continues to the end', async () => {
    await page.tracing.start({ categories: ['-*', 'toplevel', '__metadata'] });
    await shortRun(page);
    await page.click('#start');
    await waitForStatus(page, 'Training, epoch 1');
    await page.waitForFunction(() => (document.querySelector('#loss-chart .train')?.getAttribute('points') ?? '').split(' ').length >= 3);
    await page.click('#stop');
    await waitForStatus(page, 'Stopped after step');
    const before = await curvePoints(page, '#loss-chart');
    expect(await page.$eval('#progress', (bar) => (bar as HTMLProgressElement).value)).toBeLessThan(1);
    const stoppedAt = await hash(page);
    expect(stoppedAt).toBeDefined();

    await page.click('#continue');
    await waitForStatus(page, 'Done');
    const after = await curvePoints(page, '#loss-chart');
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.length).toBeGreaterThan(before.length);
    // The vertical axis points down: the loss falls, the accuracy rises.
    expect(after.at(-1)![1]).toBeGreaterThan(after[0]![1]! + 40);
    const accuracy = await curvePoints(page, '#accuracy-chart');
    expect(accuracy.at(-1)![1]).toBeLessThan(accuracy[0]![1]! - 40);
    expect(await percent(page, '#test-accuracy')).toBeGreaterThan(0.8);
    expect(await text(page, '#status')).toContain('of the 10,000 test images');
    expect(await text(page, '#runs tbody tr')).toContain('Adam, no regularization');
    stoppedHash = await hash(page);
    stoppedAccuracy = await text(page, '#test-accuracy');
    expect(stoppedHash).not.toBe(stoppedAt);
  });

  test('reads a 1 drawn by touch and a 0 drawn by mouse', async () => {
    const [top, ...down] = await onPad(page, [[0.52, 0.15], [0.51, 0.3], [0.5, 0.5], [0.49, 0.7], [0.48, 0.85]]);
    await page.touchscreen.touchStart(top!.x, top!.y);
    for (const { x, y } of down) await page.touchscreen.touchMove(x, y);
    await page.touchscreen.touchEnd();
    await page.waitForFunction(() => document.querySelector('#answer')?.textContent === 'The network reads a 1.');

    await page.click('#clear');
    await page.waitForFunction(() => document.querySelector('#answer')?.textContent === 'Draw a digit.');
    const ring = Array.from({ length: 25 }, (_, i): [number, number] => [
      0.5 + 0.22 * Math.sin((2 * Math.PI * i) / 24), 0.5 - 0.33 * Math.cos((2 * Math.PI * i) / 24),
    ]);
    const [first, ...rest] = await onPad(page, ring);
    await page.mouse.move(first!.x, first!.y);
    await page.mouse.down();
    for (const { x, y } of rest) await page.mouse.move(x, y);
    await page.mouse.up();
    await page.waitForFunction(() => document.querySelector('#answer')?.textContent === 'The network reads a 0.');
    const shares = await page.$$eval('#bars .share', (all) => all.map((one) => Number.parseFloat(one.textContent ?? '')));
    expect(shares).toHaveLength(10);
    expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(100, 0);
    const ink = await page.$eval('#preview', (canvas) => {
      const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, 28, 28);
      return Array.from({ length: 28 }, (_, row) => Math.max(...Array.from({ length: 28 }, (_, column) => data[4 * (28 * row + column) + 3]!)));
    });
    expect(ink.filter((value) => value > 0)).toHaveLength(20);
  });

  test('the button for a test image works without a pointer', async () => {
    await page.focus('#test-image');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => /reads a \d\. The label says \d\./.test(document.querySelector('#answer')?.textContent ?? ''));
  });

  test('while it trained and read, no task kept the page busy for 50 ms', async () => {
    const tasks = mainThreadTasks((await page.tracing.stop())!);
    expect(tasks.length).toBeGreaterThan(200);
    expect(Math.max(...tasks)).toBeLessThan(50);
  });

  test('an uninterrupted run gives the same weights as the stopped and continued one', async () => {
    await page.click('#start');
    await waitForStatus(page, 'Training');
    await waitForStatus(page, 'Done');
    expect(await hash(page)).toBe(stoppedHash);
    expect(await text(page, '#test-accuracy')).toBe(stoppedAccuracy);
  });

  test('with shuffled labels, accuracy stays near 10 %', async () => {
    await set(page, '#epochs', '1');
    await page.click('#shuffled');
    await page.click('#start');
    await waitForStatus(page, 'Training');
    await waitForStatus(page, 'Done');
    const [, , training = ''] = await page.$$eval('#runs tbody tr:first-child > *', (cells) => cells.map((cell) => cell.textContent));
    expect(await text(page, '#runs tbody tr')).toContain('shuffled labels');
    // In the first epoch every label is new, and independent of what was learned: 6000 throws of a ten-sided die,
    // standard deviation 0.4 %, and 0.05 % of rounding.
    expect(Math.abs(Number.parseFloat(training) / 100 - 0.1)).toBeLessThan(0.016 + 0.0005);
    // Test images are not independent: a network maps a whole class to the label it saw most by chance. Over
    // permutations and initial weights a NumPy simulation of these 47 steps gives 2 to 15 %, standard deviation 3 %.
    expect(await percent(page, '#test-accuracy')).toBeLessThan(0.22);
    await page.click('#shuffled');
  });

  test('a run that diverges says so and what to do, and the next one trains', async () => {
    await set(page, '#optimizer', 'momentum');
    expect(await page.$eval('#learning-rate', (input) => (input as HTMLInputElement).value)).toBe('0.05');
    await set(page, '#learning-rate', '1e9');
    await page.click('#start');
    await page.waitForSelector('#failure:not([hidden])');
    expect(await text(page, '#failure-what')).toContain('diverged');
    expect(await text(page, '#failure-advice')).toContain('Lower the learning rate');
    await set(page, '#learning-rate', '0.05');
    await page.click('#start');
    await waitForStatus(page, 'Training, epoch 1');
    expect(await page.$eval('#failure', (box) => (box as HTMLElement).hidden)).toBe(true);
    await page.click('#stop');
    await waitForStatus(page, 'Stopped');
  });

  test('a lost GPU is told, and training can start again', async () => {
    await page.click('#start');
    await waitForStatus(page, 'Training, epoch 1');
    const browser = await host.browser.target().createCDPSession();
    await browser.send('Browser.crashGpuProcess');
    await page.waitForSelector('#failure:not([hidden])');
    expect(await text(page, '#failure-what')).toContain('lost the GPU');
    await page.click('#start');
    await waitForStatus(page, 'Training, epoch 1');
    await page.click('#stop');
    await waitForStatus(page, 'Stopped');
  });

  test('nothing was written to the console', () => {
    expect(complaints).toEqual([]);
  });
});

test('where MNIST is missing, it says how to serve it', async () => {
  const { page } = await host.open({ data: false });
  await page.click('#start');
  await page.waitForSelector('#failure:not([hidden])');
  expect(await text(page, '#failure-what')).toContain('MNIST files could not be read');
  expect(await text(page, '#failure-advice')).toContain('npm run demo');
  expect(await text(page, '#failure-detail')).toContain('404');
  await page.close();
});

test('without an adapter it says why, what to do, and offers no training', async () => {
  const { page, complaints } = await host.open({
    // A worker in a browser without WebGPU.
    before: (page) => page.evaluateOnNewDocument(() => {
      class WorkerWithoutGpu extends EventTarget {
        constructor() {
          super();
          const probe = { state: 'none', reason: 'No WebGPU here.', fix: 'Use another browser.' };
          setTimeout(() => this.dispatchEvent(new MessageEvent('message', { data: { type: 'adapter', probe } })), 10);
        }
        postMessage(): void {}
      }
      Object.assign(globalThis, { Worker: WorkerWithoutGpu });
    }),
  });
  expect(await text(page, '#adapter')).toMatch(/no GPU adapter\s+No WebGPU here\. Use another browser\./);
  expect(await page.$$eval('#start, #stop, #continue', (all) => all.every((one) => (one as HTMLButtonElement).disabled))).toBe(true);
  expect(complaints).toEqual([]);
  await page.close();
});
