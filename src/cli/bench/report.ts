/** What a benchmark measured, as one page that loads nothing from elsewhere and needs no script. Pure. */
import { SUITES, type BenchReport, type Omission, type SuiteName } from '../../bench/types.ts';
import type { AdapterState } from '../../device/index.ts';
import { definitions, escape, folded, grid, htmlPage, list, section } from '../html.ts';
import { formatBytes, formatCount } from '../table.ts';
import { chartsOf } from './charts-suites.ts';
import { compareReports } from './compare.ts';
import { rowsOf, type Row } from './report-rows.ts';
import { tablesOf } from './report-tables.ts';

/** What this page adds to the look of all. */
const STYLE = `
.adapter { max-width: none; }
.badge { display: inline-block; padding: .05rem .6rem; border: 1px solid currentColor; border-radius: 1rem; font-size: .85rem; font-weight: 600; }
.badge.software { color: var(--test); }
.badge.hardware { color: var(--validation); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: .75rem 0; }
a { color: var(--train); }
details { margin: .5rem 0; }
summary { cursor: pointer; font-weight: 600; font-size: .95rem; }
dl { margin: .75rem 0; }
dt { overflow-wrap: anywhere; }
td, th { vertical-align: top; }
thead th { white-space: normal; min-width: 8ch; vertical-align: bottom; }
tbody th { white-space: normal; min-width: min(24ch, 34vw); }
.grid { display: block; columns: 320px; column-gap: 1rem; }
.grid figure { break-inside: avoid; margin-bottom: 1rem; }
section .quiet { max-width: 90ch; }
.part { margin: 2rem 0; }
@media (min-width: 561px) { dl { grid-template-columns: minmax(auto, max-content) minmax(55%, 1fr); } }
`;

const TEXTS: Readonly<Record<SuiteName, readonly [title: string, text: string]>> = {
  ceilings: ['Ceilings', 'The most this adapter gives a WebGPU program, each measured with a kernel that does nothing else. All that follows is ' +
    'held against these figures, not against a data sheet.'],
  kernels: ['Kernels', 'Each kernel that training uses: how fast it is, how near it comes to the ceilings above, and where the time of a step goes.'],
  step: ['Training step', 'Wall clock per step of fit, as a user calls it, warm, over many steps and ended by a real readback. ' +
    'Replicas are networks that train side by side in the same dispatches.'],
  epoch: ['Epoch', 'Wall clock of whole epochs of fit, as a user calls it, with all that it does between its steps.'],
  inference: ['Inference', 'Images classified per second; the images are resident on the adapter, and the results are read back.'],
  cold: ['Cold start', 'From the start of a page load to the end of the first training step, each time in a browser with an empty profile; and how much the page loads.'],
  peers: ['Other libraries', 'The same network, batch, data, optimizer and dropout rates in other libraries, in turns on the same ' +
    'machine. Of several ways to write it that a library documents, the fastest is shown. ' +
    'Dots are on a logarithmic scale: what is twice as far is not twice as much.'],
};

const HOW_TO_READ = 'How to read it: a figure is the median of repeated samples, never the best of them; beside it stands the range of the middle ' +
  'half of them (first to third quartile). Lines across the ends of bars and pale bands behind dots span the same, or the 95 % interval ' +
  'of a ratio. A fraction of a ceiling is of the one measured in this run.';

const COMPARED = 'Every table has its median and the ratio now / before: of a time, below 1 is faster; of a rate, above 1 is. In brackets its ' +
  '95 % interval, by bootstrap: where that holds 1, the difference may be chance.';

const LIMITS_IN_BYTES = /size$|bytes|offset/i;
const limitText = (name: string, value: number): string =>
  `${formatCount(value)}${LIMITS_IN_BYTES.test(name) && !/workgroupsize/i.test(name) && value >= 1024 ? ` (${formatBytes(value)})` : ''}`;

const dateText = (date: string): string => date.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');

/** Only a named GPU is called one. */
const KINDS: Readonly<Record<AdapterState, readonly [kind: string, text: string]>> = {
  software: ['software adapter', 'It computes on the CPU. These are not GPU figures.'],
  hardware: ['hardware adapter', 'It computes on the GPU.'],
  unknown: ['adapter of unknown kind', 'It does not say whether it is a GPU. These are not to be called GPU figures.'],
};

function adapterLine({ adapter }: BenchReport): string {
  const [kind, text] = KINDS[adapter.state];
  return `<p class="adapter"><span class="badge ${adapter.state}">${kind}</span> <strong>${escape(adapter.name)}</strong>. ${text}</p>`;
}

/** Where, when and how it was measured. */
function head(report: BenchReport): string {
  const { adapter, host, choice } = report;
  const words = (['vendor', 'architecture', 'device', 'description'] as const)
    .flatMap((name) => (adapter[name] === '' ? [] : [`${name} ${adapter[name]}`]));
  const limits = Object.entries(adapter.limits).map(([name, value]): [string, string] => [name, limitText(name, value)]);
  const suites = SUITES.filter((suite) => [...report.results, ...report.omissions].some((entry) => entry.suite === suite));
  const notRun = SUITES.filter((suite) => !suites.includes(suite));
  return [
    '<h1>gradshader bench</h1>',
    adapterLine(report),
    `<nav>${suites.map((suite) => `<a href="#${suite}">${escape(TEXTS[suite][0])}</a>`).join('\n')}</nav>`,
    definitions([
      ['date', dateText(report.date)],
      ['version', report.version], ['command', report.command],
      ['host', `${host.name}: ${host.version}`], ['platform', `${host.platform}, ${host.cores} ${host.cores === 1 ? 'core' : 'cores'}`],
      ...(words.length === 0 ? [] : [['adapter', words.join(', ')] as const]),
      ...(notRun.length === 0 ? [] : [['suites not run', notRun.join(', ')] as const]),
    ]),
    Object.keys(choice).length === 0 ? '' : folded('Tiles and fusion of the network on this adapter', definitions(Object.entries(choice))),
    folded(`Limits of the adapter (${limits.length})`, definitions(limits)),
    folded(`Features of the adapter (${adapter.features.length})`, adapter.features.length === 0 ? '<p>none</p>' : list(adapter.features)),
    `<p class="quiet">${HOW_TO_READ}</p>`,
  ].filter((part) => part !== '').join('\n');
}

/** The run compared with, and what of it has no counterpart. */
function comparison(report: BenchReport, previous: BenchReport | undefined): string {
  if (previous === undefined) return '';
  const { missing, added, unlike } = compareReports(report, previous);
  const isElsewhere = previous.adapter.name !== report.adapter.name || previous.host.name !== report.host.name;
  return section('Compared with an earlier run', COMPARED, [
    definitions([
      ['date', dateText(previous.date)], ['version', previous.version], ['command', previous.command],
      ['host', `${previous.host.name}: ${previous.host.version}`], ['adapter', previous.adapter.name],
    ]),
    list([
      ...(isElsewhere ? ['It was made on another host or adapter: the ratios compare machines as well as versions.'] : []),
      ...(missing.length === 0 ? [] : [`Measured then but not now: ${missing.join(', ')}`]),
      ...(added.length === 0 ? [] : [`Measured now but not then: ${added.join(', ')}`]),
      ...(unlike.length === 0 ? [] : [`Not the same work, so without a ratio: ${unlike.join('; ')}`]),
    ]),
  ].join('\n'));
}

function suiteSection(suite: SuiteName, rows: readonly Row[], omissions: readonly Omission[]): string {
  if (rows.length + omissions.length === 0) return '';
  const [title, text] = TEXTS[suite], figures = chartsOf(suite, rows);
  return section(title, text, [
    figures.length === 0 ? '' : grid(figures),
    tablesOf(rows),
    omissions.length === 0 ? '' : `<h3>Not measured</h3>${definitions(omissions.map(({ key, reason }) => [key, reason]))}`,
  ].filter((part) => part !== '').join('\n'), suite);
}

/**
 * The page of a report: where it was made, then per suite a chart, a table with median, spread and meaning, and what
 * was left out with its reason.
 * @param previous an earlier report; results of the same key get a column with its median and the ratio
 */
export function reportPage(report: BenchReport, previous?: BenchReport): string {
  const rows = rowsOf(report, previous);
  const body = [
    head(report),
    comparison(report, previous),
    ...SUITES.map((suite) => suiteSection(suite, rows.filter(({ result }) => result.suite === suite), report.omissions.filter((omission) => omission.suite === suite))),
  ];
  return htmlPage(`gradshader bench, ${report.adapter.name}`, body.filter((part) => part !== '').join('\n'), STYLE);
}
