/** The page of a benchmark: everything measured and left out is on it, and nothing in it can do harm. */
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { SUITES, type BenchReport, type Result, type SuiteName } from '../../src/bench/types.ts';
import { reportPage } from '../../src/cli/bench/report.ts';
import { earlierReport, sampleReport } from './report-sample.ts';

const result = (key: string, unit: Result['unit'], samples: readonly number[], more: Partial<Result> = {}): Result => {
  const parts = key.split('/');
  return { key, suite: parts[0] as SuiteName, label: parts.slice(1).join(' '), meaning: `About ${parts[0]}.`, unit, better: 'lower', samples, parameters: {}, derived: {}, ...more };
};

/** Made up so that every median is a round number. */
const trained = (optimizer: string, batch: number, replicas: number, milliseconds: number): Result =>
  result(`step/${optimizer}/batch=${batch}/replicas=${replicas}`, 'ms', [milliseconds - 1, milliseconds, milliseconds + 1], {
    parameters: { optimizer, batch, replicas }, derived: { 'images/s': (1000 * batch * replicas) / milliseconds },
  });
const peer = (library: string, milliseconds: number): Result[] => [
  result(`peers/train/batch=128/${library} webgpu`, 'ms', [milliseconds], { label: library, parameters: { library, backend: 'webgpu' } }),
  ...(library === 'gradshader' ? [] : [
    result(`peers/train/batch=128/${library} webgpu/ratio`, 'ratio', [milliseconds / 100, milliseconds / 100], { label: `${library} / gradshader`, better: 'higher', parameters: { library } }),
  ]),
];

const RESULTS: readonly Result[] = [
  result('ceilings/fma', 'GFLOP/s', [50, 60, 70], { better: 'higher', label: 'FMA peak', meaning: 'Fused multiply-adds.' }),
  result('ceilings/latency', 'us', [40], { label: 'latency', meaning: 'From submit to read.' }),
  result('kernels/dense-forward', 'ms', [20, 22], { derived: { 'share of FMA ceiling': 0.4, 'share of the step': 0.25 } }),
  result('kernels/update', 'ms', [5], { derived: { 'share of copy bandwidth': 0.6, 'share of the step': 0.75 } }),
  ...[32, 128].flatMap((batch) => [1, 8].map((replicas) => trained('momentum', batch, replicas, 2 * batch * replicas))), trained('adam', 128, 1, 300),
  result('epoch/momentum', 'ms', [46_000]),
  result('inference/batch=32', 'images/s', [3000], { better: 'higher' }),
  result('cold/gradshader', 'ms', [1000], { label: 'gradshader', parameters: { library: 'gradshader' }, derived: { 'script, ms': 200, 'first step, ms': 800 } }),
  result('cold/bytes/gradshader', 'bytes', [51_200], { parameters: { library: 'gradshader' } }),
  ...peer('gradshader', 100), ...peer('jax-js', 300),
  result('peers/agreement/jax-js webgpu/jit', 'difference', [1e-7, 3e-7], { label: 'jax-js: losses' }),
];

const report = (more: Partial<BenchReport> = {}): BenchReport => ({
  format: 1, date: '2026-11-21T08:00:00.000Z', version: '1.2.3', command: 'gradshader bench --host chrome',
  host: { name: 'chrome', version: 'Chrome/147', platform: 'linux', cores: 2 },
  adapter: { state: 'software', name: 'SwiftShader (software)', vendor: 'google', architecture: 'swiftshader', device: '', description: '', limits: { maxBufferSize: 1 << 28, maxBindGroups: 4 }, features: ['subgroups'] },
  choice: { fusion: 'none' }, results: RESULTS, omissions: [{ suite: 'peers', key: 'peers/tfjs', reason: 'it did not start' }], ...more,
});

const pageOf = (...reports: Parameters<typeof reportPage>) => parseHTML(reportPage(...reports)).document;
const texts = (document: Document, selector: string): string[] => [...document.querySelectorAll(selector)].map(({ textContent }) => textContent!);
const cells = (document: Document, name: string): string[] =>
  [...document.querySelectorAll('tbody tr')].filter((row) => row.querySelector('th')!.textContent === name).flatMap((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent!));

/** Tags that are opened and not closed, or closed and not opened: none in a page that is well formed. */
function unbalanced(page: string): string[] {
  const open: string[] = [], wrong: string[] = [];
  for (const [tag, slash, name, closed] of page.replace(/<style>[^<]*<\/style>/g, '').matchAll(/<(\/?)([a-zA-Z][\w-]*)(?:\s+[\w:-]+(?:="[^"<]*")?)*\s*(\/?)>/g)) {
    if (closed === '/' || name === 'meta') continue;
    if (slash !== '/') open.push(name!);
    else if (open.pop() !== name) wrong.push(tag);
  }
  return [...wrong, ...open];
}

describe('the page', () => {
  it.each([['small', report(), report()], ['of every suite', sampleReport(), earlierReport()]])('%s: is well formed, and loads and runs nothing', (_, now, before) => {
    const page = reportPage(now, before), { document } = parseHTML(page);
    expect(unbalanced(page)).toEqual([]);
    expect(unbalanced('<p><b>x</p>')).toEqual(['</p>', 'p']);
    // Every < begins a tag that the reader above knows.
    expect(page.replace(/<!doctype html>|<\/?[a-zA-Z][\w-]*(\s+[\w:-]+(="[^"<]*")?)*\s*\/?>/g, '').includes('<')).toBe(false);
    expect(document.querySelectorAll('script, link, iframe, object, img, [onclick]')).toHaveLength(0);
    for (const link of document.querySelectorAll('[href]')) expect(document.getElementById(link.getAttribute('href')!.slice(1))?.tagName).toBe('SECTION');
    expect(page.replaceAll('http://www.w3.org/2000/svg', '').match(/https?:|url\(|@import/)).toBeNull();
    expect(page.includes('NaN') || page.includes('undefined') || page.includes('Infinity')).toBe(false);
  });

  it('has every result with its median, spread and meaning', () => {
    const document = pageOf(report()), alone = RESULTS.filter(({ unit }) => unit !== 'ratio');
    expect(document.querySelectorAll('tbody tr')).toHaveLength(alone.length);
    for (const { label } of alone) expect(texts(document, 'tbody th')).toContain(label);
    for (const { meaning } of RESULTS) expect(document.body.textContent).toContain(meaning);
    expect(cells(document, 'FMA peak')).toEqual(['60.0 GFLOP/s', '55.0 to 65.0', '3']);
    expect(cells(document, 'latency')).toEqual(['40.0 µs', '-', '1']);
    expect(cells(document, 'dense-forward')).toEqual(['21.0', '20.5 to 21.5', '2', '40.0 %', '25.0 %', '']);
    expect(cells(document, 'bytes gradshader').slice(0, 1)).toEqual(['50.0 KiB']);
    expect(cells(document, 'jax-js: losses')).toEqual(['2.0e-7', '1.5e-7 to 2.5e-7']);
  });

  it('has the ratio of the pairs beside what it is of, gradshader first', () => {
    const document = pageOf(report()), [table] = [...document.querySelectorAll('#peers table')];
    expect(texts(document, '#peers thead th').slice(0, 6)).toEqual(['', 'median, ms', 'middle half', 'times as long as gradshader', 'middle half of the pairs', '95 % interval of their median']);
    expect([...table!.querySelectorAll('tbody tr')].map((row) => [...row.children].map(({ textContent }) => textContent))).toEqual([
      ['gradshader', '100', '-', '', '', ''], ['jax-js', '300', '-', '3.00 ×', '3.00 to 3.00', '3.00 to 3.00'],
    ]);
    const [alone] = peer('jax-js', 300).slice(1);
    expect(cells(pageOf(report({ results: [alone!] })), 'jax-js / gradshader')).toEqual(['3.00 ×', '3.00 to 3.00', '3.00 to 3.00']);
  });

  it('says below a table what only some rows have to say', () => {
    const rows = ['a', 'b', 'c'].map((label, i) => result(`step/${label}`, 'ms', [1, 2], { label, parameters: { tile: `t${i}`, batch: 8 }, derived: { 'all, ms': 1, ...(i === 0 && { 'alone, us': 7 }) } }));
    const document = pageOf(report({ results: rows, omissions: [] }));
    expect(cells(document, 'a')).toEqual(['1.50', '1.25 to 1.75', '1.00']);
    expect(texts(document, 'section p')).toContain('Ran with batch 8. 2 samples each.');
    expect(texts(document, 'section dt')).toEqual(['a', 'b', 'c']);
    expect(texts(document, 'section dd')).toEqual(['Ran with tile t0. Also alone, µs: 7.00.', 'Ran with tile t1.', 'Ran with tile t2.']);
  });

  it('says once what rows of different names mean', () => {
    const results = ['jax-js', 'tfjs wasm'].map((label) => result(`cold/${label}`, 'ms', [1, 2], { label, meaning: `Time of ${label}, ended by a readback.` }));
    const document = pageOf(report({ results }));
    expect(texts(document, 'section p')).toContain('Time of …, ended by a readback.');
    expect(cells(document, 'jax-js')).toEqual(['1.50', '1.25 to 1.75']);
    const other = pageOf(report({ results: [results[0]!, { ...results[1]!, meaning: 'Something else.' }] }));
    expect(texts(other, '#cold dt')).toEqual(['jax-js', 'tfjs wasm']);
    expect(texts(other, '#cold dd')).toEqual(['Time of jax-js, ended by a readback.', 'Something else.']);
  });

  it('has charts that say in words what they show', () => {
    const document = pageOf(report());
    const titles = texts(document, 'figure svg[role=img] > title');
    expect(titles).toHaveLength(document.querySelectorAll('figure').length);
    const shown = (start: string): string => titles.find((title) => title.startsWith(start))!;
    // 1000 x 32 / 64 = 500 images per second at any R, because the made-up times grow with the work.
    expect(shown('Images per second against')).toContain('optimizer momentum, batch 32: 1 replicas 500, 8 replicas 500');
    expect(shown('By batch size')).toContain('batch 32 64.0, batch 128 256');
    expect(shown('By optimizer')).toContain('momentum 256, adam 300');
    expect(shown('Where the time of a step goes')).toContain('update 75.0 %, dense-forward 25.0 %');
    expect(shown('Medians of the stages')).toContain('gradshader: script 200, first step 800');
    expect(shown('Train, batch 128, ms')).toContain('gradshader 100, jax-js 300');
  });

  it('has what was left out with its reason, and the suites that did not run', () => {
    const document = pageOf(report({ results: [], omissions: SUITES.map((suite) => ({ suite, key: `${suite}/x`, reason: `no ${suite} here` })) }));
    for (const suite of SUITES) expect(document.body.textContent).toContain(`no ${suite} here`);
    expect(document.querySelectorAll('section')).toHaveLength(SUITES.length);
    expect(document.body.textContent).not.toContain('suites not run');
    expect(pageOf(report({ results: [], omissions: [] })).querySelector('dl')!.textContent).toContain(SUITES.join(', '));
  });

  it.each(SUITES)('shows %s alone', (suite) => {
    const results = RESULTS.filter((one) => one.suite === suite), document = pageOf(report({ results, omissions: [] }));
    expect(document.querySelectorAll('section')).toHaveLength(1);
    expect(document.querySelectorAll('tbody tr')).toHaveLength(results.filter(({ unit }) => unit !== 'ratio').length);
    expect(document.querySelectorAll('figure').length).toBeGreaterThan(0);
  });

  it('says software or hardware plainly', () => {
    expect(texts(pageOf(report()), '.adapter')[0]).toBe('software adapter SwiftShader (software). It computes on the CPU. These are not GPU figures.');
    expect(texts(pageOf(report({ adapter: { ...report().adapter, state: 'hardware', name: 'A card' } })), '.adapter')[0]).toBe('hardware adapter A card. It computes on the GPU.');
    expect(texts(pageOf(report({ adapter: { ...report().adapter, state: 'unknown', name: 'Silent' } })), '.adapter')[0])
      .toBe('adapter of unknown kind Silent. It does not say whether it is a GPU. These are not to be called GPU figures.');
  });

  it('shows text as it is, and does not run it', () => {
    const evil = '<script>alert("x")</script> & \'so\'';
    const page = reportPage(report({
      command: evil, version: evil, host: { ...report().host, version: evil }, adapter: { ...report().adapter, name: evil, features: [evil], limits: { [evil]: 1 } }, choice: { [evil]: evil },
      results: RESULTS.map((one) => ({ ...one, label: evil, meaning: evil, parameters: { ...one.parameters, note: evil, [evil]: one.key }, derived: { ...one.derived, [`${evil}, ms`]: 1, [`share ${evil}`]: 1 } })),
      omissions: [{ suite: 'step', key: evil, reason: evil }],
    }));
    expect(page.includes('<script') || page.includes('alert("x")</')).toBe(false);
    expect(unbalanced(page)).toEqual([]);
    const { document } = parseHTML(page);
    expect(document.querySelectorAll('script')).toHaveLength(0);
    expect(texts(document, 'tbody th')).toContain(evil);
  });

  it('draws what is left where a sample is not a number', () => {
    const page = reportPage(report({ results: [result('epoch/a', 'ms', []), result('epoch/b', 'ms', [NaN]), result('epoch/c', 'ms', [5]), result('peers/train/b=1/x', 'ms', [0])] }));
    expect(unbalanced(page)).toEqual([]);
    expect(cells(parseHTML(page).document, 'a')[0]).toBe('?');
    expect(page.includes('NaN')).toBe(false);
  });
});

describe('beside an earlier run', () => {
  const slower = report({ results: [...RESULTS.slice(1).map((one) => ({ ...one, samples: one.samples.map((sample) => 2 * sample) })), result('epoch/gone', 'ms', [1])] });

  it('has the median then and the ratio', () => {
    const document = pageOf(report(), slower);
    expect(cells(document, 'momentum')[2]).toBe('92 000');
    // One sample each: there is no interval.
    expect(cells(document, 'momentum')[3]).toBe('0.500 ×');
    // [1, 1] against [2, 4]: the median then is 2, 3 or 4.
    const two = (samples: readonly number[]): BenchReport => report({ results: [result('epoch/two', 'ms', samples)] });
    expect(cells(pageOf(two([1, 1]), two([2, 4])), 'two').slice(2)).toEqual(['3.00', '0.333 × (0.250 to 0.500)']);
    expect(cells(document, 'FMA peak').slice(3, 5)).toEqual(['-', '-']);
    expect(document.querySelector('section dl')!.textContent).toContain('2026-11-21 08:00:00 UTC');
  });

  it('says what has no counterpart, and when the machines differ', () => {
    const text = pageOf(report(), slower).querySelector('section')!.textContent!;
    expect(text).toContain('Measured then but not now: epoch/gone');
    expect(text).toContain('Measured now but not then: ceilings/fma');
    expect(text).not.toContain('another host or adapter');
    expect(pageOf(report(), report({ adapter: { ...report().adapter, name: 'A card' } })).body.textContent).toContain('another host or adapter');
  });

  it('gives no ratio of different work, and says which', () => {
    const other = report({ results: report().results.map((one) => ({ ...one, parameters: { ...one.parameters, batch: 7 } })) });
    const document = pageOf(report(), other);
    expect(document.body.textContent).toMatch(/Not the same work, so without a ratio: .*batch 7 then/);
    expect(texts(document, 'thead th')).not.toContain('now / before');
  });
});
