/** Advice on tables: files, rows, columns and what was learned of them. Nothing of it needs a GPU. */
import { loadCompareData } from '../../src/cli/compare/data.ts';
import type { CompareSettings } from '../../src/cli/compare/types.ts';
import type { TablePlan } from '../../src/cli/tables.ts';
import { ownDataset, type OwnDataset } from '../../src/data/dataset.ts';
import { knowAll } from '../../src/model/know-all.ts';
import { meanWeights } from '../../src/train/targets.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findData } from '../../src/cli/sources.ts';
import { tablePlanOf } from '../../src/cli/tables.ts';
import { statisticsOf } from '../../src/data/statistics.ts';
import { balance, dataset, fromRows, loadCsv, prepareRows, subset, type CsvOptions, type Row, type TableOptions } from '../../src/index.ts';
import { advice, type Advice } from './support.ts';

const csv = (text: string, options: CsvOptions = { target: 'y' }) => () => loadCsv(text, options);
const rows = (list: readonly Row[], options: TableOptions = { target: 'y' }) => () => fromRows(list, options);
const all = (...calls: readonly (() => unknown)[]) => async (): Promise<void> => {
  for (const call of calls) await call();
};

const many: readonly Row[] = Array.from({ length: 101 }, (_, i) => ({ x: `t${i}`, z: i, y: i }));
const three: readonly Row[] = [{ x: 1, c: 'a', y: 1 }, { x: 2, c: 'b', y: 2 }, { x: 3, c: 'a', y: 3 }];
const { preparation } = fromRows(three, { target: 'y' });
const vectors = dataset({ inputs: [[1], [2]], targets: [[1], [2]] });
const infinite = dataset({ inputs: [[1], [NaN]], targets: [0, 1] });

async function withTable(work: (path: string) => unknown): Promise<void> {
  const folder = mkdtempSync(join('node_modules', '.advice-'));
  try {
    writeFileSync(join(folder, 'mine.csv'), 'x,y\n1,2\n');
    await work(resolve(folder, 'mine.csv'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
const found = (): Promise<void> => withTable((path) => findData(path, { target: ['y'] }));

const FILES: readonly Advice[] = [
  advice('Check the path of the table.', () => findData('no-such.csv', { target: ['y'] }), found),
  advice('Name the column that is predicted with --target.', () => findData('mine.csv'), found),
  advice('Say what is predicted, too, with --target.', () => tablePlanOf({ exclude: ['x'] }), () => tablePlanOf({ exclude: ['x'], target: ['y'] })),
  advice('Choose it again: it may have changed since.', () => loadCsv({ arrayBuffer: () => Promise.reject(new Error('changed')) }, { target: 'y' }), () => loadCsv(new Blob(['x,y\n1,2\n']), { target: 'y' })),
  advice('Save it as UTF-8.', () => loadCsv(Uint8Array.of(0x61, 0xfc, 0x0a), { target: 'y' }), () => loadCsv(Buffer.from('ü,y\n1,2\n'), { target: 'y' })),
  advice('Write a quotation mark within a cell as two.', csv('x,y\n"a"b,1\n'), csv('x,y\n"a""b",1\n')),
  advice('Rename one of them.', csv('x,x,y\n1,2,3'), csv('x,z,y\n1,2,3')),
  advice('Give a table with at least one.', csv('\n\n'), csv('x,y\n1,2\n')),
  advice('there are no rows. Give at least one.', csv('x,y\n'), csv('x,y\n1,2\n')),
  advice('Put texts that hold the delimiter in quotation marks, or give delimiter.', csv('x,y\na,b,1\n'), all(csv('x,y\n"a,b",1\n'), csv('x;y\na,b;1\n', { target: 'y', delimiter: ';' }))),
  advice('Name it there, or in exclude, or in columns.', csv(',x,y\n0,1,2\n'), all(csv('id,x,y\n0,1,2\n'), csv(',x,y\n0,1,2\n', { target: 'y', exclude: ['0'] }), csv(',x,y\n0,1,2\n', { target: 'y', columns: ['0'] }))),
  advice("Give decimal: ',' where that is a number, or name the column in categorical.", csv('x;y\n1,5;2\n', { target: 'y', delimiter: ';' }),
    all(csv('x;y\n1,5;2\n', { target: 'y', delimiter: ';', decimal: ',' }), csv('x;y\n1,5;2\n', { target: 'y', delimiter: ';', categorical: ['x'] }))),
];

const CELLS: readonly Advice[] = [
  advice('Give one, or null.', rows([{ x: [1] as never, y: 1 }, { x: 1, y: 1 }], { target: 'y', fill: 0 }), rows([{ x: null, y: 1 }, { x: 1, y: 1 }], { target: 'y', fill: 0 })),
  advice('Write it as one, or leave the row out.', rows([{ x: 1e39, y: 1 }, { x: 1, y: 1 }]), rows([{ x: 1, y: 1 }])),
  advice('Fill it in, leave the row out, or give fill: ', rows([{ x: null, y: 1 }, { x: 1, y: 1 }]), all(rows([{ x: 2, y: 1 }, { x: 1, y: 1 }]), rows([{ x: 1, y: 1 }]), rows([{ x: null, y: 1 }, { x: 1, y: 1 }], { target: 'y', fill: 'median' }))),
  advice('there is no value. Fill it in, or leave the row out.', () => prepareRows([{ x: null, c: 'a' }, { x: 1, c: 'a' }], preparation), all(() => prepareRows([{ x: 1, c: 'a' }], preparation), () => prepareRows([{ x: 0, c: 'a' }, { x: 1, c: 'a' }], preparation))),
  advice('there is no value to be predicted. Leave the row out.', rows([{ x: 1, y: null }, { x: 1, y: 1 }]), rows([{ x: 1, y: 1 }])),
  advice('Name it in missing where it stands for nothing, or ', rows([{ x: '-', y: 1 }, { x: 1, y: 1 }]),
    all(rows([{ x: '-', y: 1 }, { x: 1, y: 1 }], { target: 'y', missing: ['-'], fill: 0 }), rows([{ x: '-', y: 1 }, { x: 1, y: 1 }], { target: 'y', categorical: ['x'] }))),
  advice("Use one of them, or prepare with unknown: 'zeros'.", () => prepareRows([{ x: 1, c: 'z' }], preparation),
    all(() => prepareRows([{ x: 1, c: 'b' }], preparation), () => prepareRows([{ x: 1, c: 'z' }], fromRows(three, { target: 'y', unknown: 'zeros' }).preparation))),
  advice('Name all of them in classNames, or leave the row out.', rows(three, { target: 'c', classNames: ['a'] }), all(rows(three, { target: 'c', classNames: ['a', 'b'] }), rows([three[0]!], { target: 'c', classNames: ['a'] }))),
];

const COLUMNS: readonly Advice[] = [
  advice('like says ', rows(three, { like: preparation, fill: 0 }), rows(three, { like: preparation })),
  advice('there is nothing to learn of it. Add it to exclude.', rows([{ x: null, z: 1, y: 1 }, { x: 1, z: 1, y: 1 }], { target: 'y', fill: 'mean', validation: 1, seed: 0 }),
    rows([{ x: null, z: 1, y: 1 }, { x: 1, z: 1, y: 1 }], { target: 'y', fill: 'mean', validation: 1, seed: 0, exclude: ['x'] })),
  advice('Add it to exclude, or raise maxCategories.', rows(many), all(rows(many, { target: 'y', exclude: ['x'] }), rows(many, { target: 'y', maxCategories: 101 }))),
  advice('it has no value in any row. Add it to exclude.', rows([{ x: null, z: 1, y: 1 }]), rows([{ x: null, z: 1, y: 1 }], { target: 'y', exclude: ['x'] })),
  advice('Name it once.', rows(three, { target: 'y', columns: ['x', 'y'] }), rows(three, { target: 'y', columns: ['x'] })),
  advice('Leave some out of exclude.', rows(three, { target: 'y', exclude: ['x', 'c'] }), rows(three, { target: 'y', exclude: ['c'] })),
  advice('Name one of them as target.', rows(three, { target: ['x', 'y'], targetKind: 'class' }), rows(three, { target: 'x', targetKind: 'class' })),
  advice('Exclude the column, or predict it alone.', rows(three, { target: ['y', 'c'] }), all(rows(three, { target: 'y', exclude: ['c'] }), rows(three, { target: 'c' }))),
  advice('Give a data set whose targets are labels.', () => balance(vectors, { by: 'weights' }), () => balance(dataset({ inputs: [[1], [2]], targets: [0, 1] }), { by: 'weights' })),
  advice('and there is no mean of such. Leave the sample out.', () => statisticsOf(infinite, 'all'), () => statisticsOf(subset(infinite, [0]), 'all')),
];

/** What compare makes of two tables alike. */
const compared = (text: string, plan: Omit<TablePlan, 'target'> = {}) => async (): Promise<void> => {
  const data = { name: 't.csv', table: { train: 't.csv', test: 't.csv', plan: { target: ['y'], ...plan } } };
  await loadCompareData({ base: { data, seed: 1 } } as unknown as CompareSettings, 'software', async () => new TextEncoder().encode(text));
};
const classed = 'x,y\n1,a\n2,b\n3,a\n4,b\n', ownOf = (targets: number[]): OwnDataset => ownDataset({ inputs: new Float32Array(2), targets, classes: 2, shape: [1] });
knowAll();
const halfCounts = { type: 'softmax-cross-entropy', classWeights: [0, 1], mean: 'weights' } as const;

const USES: readonly Advice[] = [
  advice('and compare judges by the share of right answers. Name a target of classes.', compared('x,y\n1,0.5\n2,0.25\n'), compared(classed)),
  advice('so that copies would lie on both sides. Leave --balance out.', compared(classed, { balance: 'resample' }), compared(classed)),
  advice('Give those classes a weight above 0.', () => meanWeights(ownOf([0, 0]), halfCounts), () => meanWeights(ownOf([0, 1]), halfCounts)),
];

export const tableAdvice: readonly Advice[] = [...FILES, ...CELLS, ...COLUMNS, ...USES];
