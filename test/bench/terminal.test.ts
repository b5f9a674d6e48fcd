/** What a person reads in a terminal. */
import { describe, expect, test } from 'vitest';
import { BenchDisplay } from '../../src/cli/bench/display.ts';
import { headText, resultsText } from '../../src/cli/bench/terminal.ts';
import { fittedTable, wrap } from '../../src/cli/bench/text.ts';
import { listener, reportOf, resultOf } from './command-support.ts';
import { sampleReport } from './report-sample.ts';

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

describe('text of a width', () => {
  test('breaks at spaces, indents what follows, and leaves a long word whole', () => {
    expect(wrap('one two three four', 9, 2)).toBe('one two\n  three\n  four');
    expect(wrap('a incomprehensibilities b', 6)).toBe('a\nincomprehensibilities\nb');
  });

  test('a table lets optional columns go from the last until it fits; headings stand on their columns', () => {
    const columns = [
      { heading: '', cells: ['first', 'b'] }, { heading: 'share of step', cells: ['1', '22'] },
      { heading: 'x', cells: ['123', '4'], isOptional: true }, { heading: 'y', cells: ['5', '6'], isOptional: true },
    ];
    expect(fittedTable(columns, 80)).toBe(['       share', '          of', '        step    x  y', 'first      1  123  5', 'b         22    4  6'].join('\n'));
    expect(fittedTable(columns, 19)).toBe(['       share', '          of', '        step    x', 'first      1  123', 'b         22    4'].join('\n'));
    expect(fittedTable(columns, 5).split('\n').at(-1)).toBe('b         22');
  });
});

describe('the head', () => {
  test('says host, adapter, limits and features; a software adapter is said to be one and never a GPU', () => {
    const head = headText(reportOf([]), 79);
    for (const words of ['node: Node.js v20, linux x64, 2 cores', 'SwiftShader driver 5', 'Software: it computes on the CPU', '1.00 GiB per binding', '256 threads', 'subgroups, timestamp-query']) expect(head).toContain(words);
    expect(head).not.toMatch(/\bGPU\b/);
    expect(widest(head)).toBeLessThanOrEqual(79);
  });

  test('a GPU is called hardware; a browser is called by its name and version', () => {
    const { adapter } = reportOf([]);
    const version = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/147.0.0.0 Safari/537.36';
    const head = headText({ adapter: { ...adapter, state: 'hardware', name: 'H200 (nvidia, hardware)' }, host: { name: 'chrome', version, platform: 'Linux', cores: 1 } }, 120);
    expect(head).toContain('Hardware: it computes on the GPU.');
    expect(head).toMatch(/^Host +chrome: HeadlessChrome\/147\.0\.0\.0, Linux, 1 core$/m);
  });
});

test('an adapter of unknown kind is called neither GPU nor software', () => {
  const { adapter } = reportOf([]);
  const silent = { ...adapter, state: 'unknown', name: 'unnamed adapter (of unknown kind)', vendor: '', architecture: '', device: '', description: '' } as const;
  const head = headText({ adapter: silent, host: reportOf([]).host }, 200);
  expect(head).toContain('Of unknown kind: it does not say whether it is a GPU. No figure here is to be called one of a graphics card.');
  expect(head).not.toMatch(/computes on/);
});

describe('the results', () => {
  test('have the median with its unit, the middle half, derived figures and what they say', () => {
    const text = resultsText(reportOf([
      resultOf('step/momentum', [90, 100, 110], { label: 'momentum', derived: { 'images/s': 1280, 'share of FMA ceiling': 0.35 } }),
      resultOf('step/adam', [200], { label: 'adam', derived: { 'images/s': 640, 'share of FMA ceiling': 0.2 } }),
    ]), 100);
    expect(text).toMatch(/median,\s+/);
    expect(text).toMatch(/\bms\b/);
    expect(text).toMatch(/^momentum +100 +95\.0 to 105 +1 280 +35\.0 %$/m);
    expect(text).toMatch(/^adam +200 +- +640 +20\.0 %$/m);
    expect(text).toContain('momentum: About step/momentum.');
  });

  test('different units stand beside their figures', () => {
    const text = resultsText(reportOf([resultOf('ceilings/fma', [50], { label: 'FMA peak', unit: 'GFLOP/s' }), resultOf('ceilings/read', [40], { label: 'read', unit: 'us' })]), 80);
    expect(text).toMatch(/^FMA peak +50\.0 GFLOP\/s /m);
    expect(text).toMatch(/^read +40\.0 µs /m);
  });

  test('of peers: gradshader first, beside each other library its ratio with interval', () => {
    const library = (name: string) => ({ label: name, parameters: { library: name } });
    const text = resultsText(reportOf([
      resultOf('peers/train/batch=128/jax-js', [300, 300, 300], library('jax-js')),
      resultOf('peers/train/batch=128/jax-js/ratio', [3, 3, 3], { ...library('jax-js'), label: 'jax-js / gradshader', unit: 'ratio' }),
      resultOf('peers/train/batch=128/gradshader', [100, 100, 100], library('gradshader')),
    ]), 80);
    const lines = text.split('\n').filter((line) => /^(gradshader|jax-js) /.test(line));
    expect(lines[0]).toMatch(/^gradshader +100 +100 to 100$/);
    expect(lines[1]).toMatch(/^jax-js +300 +3\.00 \(3\.00 to 3\.00\) +300 to 300$/);
    expect(text).toContain('train, batch=128');
  });

  test('what was left out is listed with its reason', () => {
    const omissions = [{ suite: 'cold', key: 'cold', reason: 'It needs a browser.\n  at somewhere' }] as const;
    const text = resultsText(reportOf([], { omissions }), 80);
    expect(text).toBe('Not measured (1)\n  cold: It needs a browser.');
  });

  test.each([79, 119])('of every suite fit %d columns and name every row', (width) => {
    const report = sampleReport(), text = resultsText(report, width);
    expect(widest(text)).toBeLessThanOrEqual(width);
    for (const { label, unit } of report.results) if (unit !== 'ratio') expect(text).toContain(label);
    for (const { key } of report.omissions) expect(text).toContain(key);
    for (const title of ['Ceilings', 'Kernels', 'Training step', 'Epoch', 'Inference', 'Cold start', 'Other libraries']) expect(text).toContain(title);
  });
});

describe('while it measures', () => {
  test('a terminal has one line that is written over and then freed', () => {
    const { stream, text } = listener({ columns: 40 });
    let now = 0;
    const display = new BenchDisplay(stream, () => now);
    display.result(resultOf('step/a', [1]));
    now = 3000;
    display.progress('step: momentum, batch 128, and a long text that does not fit');
    expect(text()).toBe(`\r\u001b[K${'step: momentum, batch 128, and a long text that does not fit'.slice(0, 39)}`);
    display.progress('step: adam');
    expect(text().split('\u001b[K').at(-1)).toBe('step: adam  (1 measured, 3.0 s)');
    display.say('Done.');
    expect(text().endsWith('\r\u001b[KDone.\n')).toBe(true);
  });

  test('a file has plain lines, each text once', () => {
    const { stream, text } = listener();
    const display = new BenchDisplay(stream, () => 0);
    for (const line of ['kernels: a', 'kernels: b', 'kernels: a']) display.progress(line);
    display.stop();
    expect(text()).toBe('         0 s  kernels: a\n         0 s  kernels: b\n');
  });
});
