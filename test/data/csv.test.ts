/** Tables of text: by path, URL, Blob, bytes and text; what the parser is asked; what files do wrong. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCsv, type CsvOptions } from '../../src/data/table/csv.ts';
import { prepareRows } from '../../src/data/table/rows.ts';
import type { TableSource } from '../../src/data/table/read.ts';
import { BadFileError, InputError } from '../../src/errors.ts';
import { expectFault } from './helpers.ts';

const IRIS = 'test/data/tables/iris.csv', bytes = readFileSync(IRIS), text = bytes.toString();
let server: Server, origin: string, folder: string;
beforeAll(async () => {
  server = createServer(({ url }, response) => {
    if (url === '/iris.csv') response.end(bytes);
    else if (url === '/page') response.end('<!DOCTYPE html>\n<title>Sign in</title>\n');
    else if (url === '/silent') response.write('a,b\n');
    else response.writeHead(404).end('no such file');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), 'gradshader-csv-'));
  writeFileSync(join(folder, 'iris.csv'), bytes);
  writeFileSync(join(folder, 'iris.csv.gz'), gzipSync(bytes));
  writeFileSync(join(folder, 'latin.csv'), Buffer.from('a,b\nf\xfcr,1\n', 'latin1'));
  writeFileSync(join(folder, 'sheet.xlsx'), Buffer.from('PK\x03\x04\x14\0\x06\0', 'latin1'));
  writeFileSync(join(folder, 'wide.csv'), Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'));
  writeFileSync(join(folder, 'pointer.csv'), 'version https://git-lfs.github.com/spec/v1\noid sha256:4\nsize 12\n');
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const load = async (source: TableSource, options: CsvOptions = { target: 'species' }) => (await loadCsv(source, options)).data;

test('by path, URL, Blob, bytes and text, raw or gzip: the same data', async () => {
  const byPath = await load(IRIS);
  expect(byPath).toMatchObject({ name: 'iris.csv', length: 150, shape: [4], classes: 3, classNames: ['setosa', 'versicolor', 'virginica'] });
  expect([...byPath.inputs.subarray(0, 5)]).toEqual([5.1, 3.5, 1.4, 0.2, 4.9].map(Math.fround));
  expect([byPath.targets[0], byPath.targets[50], byPath.targets[149]]).toEqual([0, 1, 2]);
  const sources: TableSource[] = [
    pathToFileURL(IRIS), `${origin}/iris.csv`, new URL(`${origin}/iris.csv`), join(folder, 'iris.csv.gz'), new Blob([bytes]), new Uint8Array(bytes), bytes,
    new Uint8Array(bytes).buffer, gzipSync(bytes), text, text.replaceAll('\n', '\r\n'), text.replaceAll('\n', '\r'), `\ufeff${text}`, `data:text/csv;base64,${bytes.toString('base64')}`,
  ];
  for (const source of sources) expect(await load(source, { target: 'species', name: 'iris.csv' })).toEqual(byPath);
  expect((await load(new File([bytes], 'mine.csv'))).name).toBe('mine.csv');
});

const rowsIn = async (source: string, options: CsvOptions): Promise<[number[][], unknown]> => {
  const { inputs, width, length, targets } = await load(source, options);
  return [Array.from({ length }, (_, i) => [...inputs.subarray(i * width, (i + 1) * width)]), typeof targets === 'string' ? targets : [...targets]];
};

describe('the parser', () => {
  test.each([',', ';', '\t', '|'])('finds the delimiter %j, and takes one that is given', async (delimiter) => {
    const own = ['a,b,y', '1,2,3', '4,5,6'].join('\n').replaceAll(',', delimiter);
    expect(await rowsIn(own, { target: 'y' })).toEqual([[[1, 2], [4, 5]], [3, 6]]);
    expect(await rowsIn(own, { target: 'y', delimiter })).toEqual([[[1, 2], [4, 5]], [3, 6]]);
  });

  test('reads quoted cells with delimiters, line ends and quotation marks; blank rows are nothing', async () => {
    const { inputNames, data } = await loadCsv('c,y\n"a,b",1\n\n"two\nlines",2\n"say ""x""",3\n\n', { target: 'y' });
    expect(inputNames).toEqual(['c=a,b', 'c=say "x"', 'c=two\nlines']);
    expect([...data.inputs]).toEqual([1, 0, 0, 0, 0, 1, 0, 1, 0]);
  });

  test('takes the first row for a header unless it holds a number; both can be said', async () => {
    expect(await rowsIn('1,2,3\n4,5,6', { target: '2' })).toEqual([[[1, 2], [4, 5]], [3, 6]]);
    expect(await rowsIn('2019,2020\n1,2\n3,4', { target: '2020', header: true })).toEqual([[[1], [3]], [2, 4]]);
    expect((await loadCsv('red,1\nblue,2', { target: '1' })).inputNames).toEqual(['0=blue', '0=red']);
    expect((await loadCsv('red,x\nblue,x', { target: '1', header: false })).inputNames).toEqual(['0=blue', '0=red']);
  });

  test('reads decimals with a comma where that is said', async () => {
    expect(await rowsIn('a;b;y\n1,5;1.234,25;2\n-0,5;,5;3,5\n', { target: 'y', decimal: ',' })).toEqual([[[1.5, 1234.25], [-0.5, 0.5]], [2, 3.5]]);
    expect(await rowsIn('1,5;2\n3;4', { target: '1', decimal: ',' })).toEqual([[[1.5], [3]], [2, 4]]);
    await expectFault(() => loadCsv('a;y\n1,5;2\n2,5;3', { target: 'y' }), BadFileError, 'row 2, column a', '"1,5"', "decimal: ','");
  });

  test('reads numbers as programs write them', async () => {
    expect(await rowsIn('a,y\n+1e3,1\n -.5 ,2\n7.,3\n"8",4\n1E-2,5', { target: 'y' })).toEqual([[[1000], [-0.5], [7], [8], [Math.fround(0.01)]], [1, 2, 3, 4, 5]]);
  });

  test('takes only so many rows as are asked for', async () => {
    expect((await load(IRIS, { target: 'species', limit: 60 })).classNames).toEqual(['setosa', 'versicolor']);
    expect((await load(IRIS, { target: 'species', limit: 1000 })).length).toBe(150);
  });
});

test('what was learned of one file makes the same inputs of another, of rows, and of a file without targets', async () => {
  const first = await loadCsv('age,city,price\n31,Oslo,1\nNA,Rom,2\n40,Rom,3', { target: 'price', fill: 'median' }), like = JSON.parse(JSON.stringify(first.preparation)) as typeof first.preparation;
  expect(await rowsIn('price,city,age,more\n5,Rom,,x\n6,Oslo,2,', { like })).toEqual([[[35.5, 0, 1], [2, 1, 0]], [5, 6]]);
  expect(await rowsIn('city,age\nRom,\nOslo,2', { like, target: [] })).toEqual([[[35.5, 0, 1], [2, 1, 0]], 'inputs']);
  expect([...prepareRows([{ city: 'Rom', age: '' }], like)]).toEqual([35.5, 0, 1]);
  await expectFault(() => loadCsv('city,age\nRom,1', { like }), BadFileError, 'no column "price"');
  await expectFault(() => loadCsv('city,age,price\nRom,1,2\nBern,1,2', { like }), BadFileError, 'row 3, column city', '"Bern"', '["Oslo","Rom"]');
});

describe('files that do something wrong are refused by name, row and column', () => {
  test.each<[string, string, CsvOptions, (string | number)[]]>([
    ['a missing value', 'a,y\n1,2\n,3', { target: 'y' }, ['row 3, column a', 'no value', "fill: 'median'"]],
    ['NaN, written out', 'a,y\n1,2\n\n nan,3', { target: 'y' }, ['row 4, column a', 'no value']],
    ['a text among numbers', 'a,y\n1,2\n3,4\nx,3', { target: 'y' }, ['row 4, column a', '"x" is no number', '2 other cells']],
    ['a text among targets', 'a,y\n1,2\n3,x', { target: 'y' }, ['row 3, column y', "targetKind: 'class'"]],
    ['a short row', 'a,b,y\n1,2,3\n4,5', { target: 'y' }, ['row 3', 'has 2 cells', 'the first row 3']],
    ['an open quotation mark', 'a,y\n1,2\n"3,4', { target: 'y' }, ['row 3', 'not closed']],
    ['two columns of one name', 'a,a,y\n1,2,3', { target: 'y' }, ['two columns are called a']],
    ['a column without a name', ',a,y\n0,1,2\n1,3,4', { target: 'y' }, ['names no column 0', 'exclude']],
    ['no rows', 'a,y\n', { target: 'y' }, ['no rows']],
    ['nothing', '\n\n', { target: 'y' }, ['no rows']],
    ['an unknown column', 'a,price\n1,2', { target: 'prise' }, ['"prise"', 'Did you mean price?', 'It has a, price.']],
    ['a number beyond f32', 'a,y\n1,2\n1e39,3', { target: 'y' }, ['row 3, column a', '1e39']],
  ])('%s', async (_, source, options, says) => {
    await expectFault(() => loadCsv(source, options), BadFileError, 'table: ', ...says);
  });

  test('a column without a name may be excluded or chosen', async () => {
    expect(await rowsIn(',a,y\n7,1,2\n8,3,4', { target: 'y', exclude: ['0'] })).toEqual([[[1], [3]], [2, 4]]);
    expect(await rowsIn(',a,y\n7,1,2\n8,3,4', { target: 'y', columns: ['0'] })).toEqual([[[7], [8]], [2, 4]]);
  });

  test('what is no table of text', async () => {
    await expectFault(() => load(join(folder, 'latin.csv')), BadFileError, join(folder, 'latin.csv'), 'UTF-8', 'Save it as UTF-8');
    await expectFault(() => load(join(folder, 'sheet.xlsx')), BadFileError, 'sheet.xlsx', 'a zip archive');
    await expectFault(() => load(join(folder, 'wide.csv')), BadFileError, 'wide.csv', 'UTF-16');
    await expectFault(() => load(join(folder, 'pointer.csv')), BadFileError, 'pointer.csv', 'git lfs pull');
    await expectFault(() => load(`${origin}/page`), BadFileError, `${origin}/page`, 'HTML page');
    await expectFault(() => load(`${origin}/absent.csv`), BadFileError, '404');
    await expectFault(() => load(join(folder, 'absent.csv')), BadFileError, 'absent.csv', 'ENOENT');
    await expectFault(() => load(`${origin}/silent`, { target: 'b', timeoutMilliseconds: 30 }), BadFileError, 'came for 30 ms');
    await expectFault(() => load(IRIS, { target: 'species', maxBytes: 1000 }), BadFileError, '1000 bytes allowed');
    await expectFault(() => load(gzipSync(bytes), { target: 'species', maxBytes: 1000 }), BadFileError, '1000');
    await expectFault(() => load({ arrayBuffer: () => Promise.reject(new Error('gone')) }), BadFileError, 'gone', 'Choose it again');
  });

  test('a signal stops what still comes, with its own reason', async () => {
    const stop = new AbortController(), reason = new Error('enough');
    setTimeout(() => stop.abort(reason), 20);
    await expect(load(`${origin}/silent`, { target: 'b', signal: stop.signal })).rejects.toBe(reason);
  });
});

test.each<[string, unknown, object, string[]]>([
  ['no source', undefined, { target: 'a' }, ['source', 'undefined']], ['a list', [1], { target: 'a' }, ['source']], ['a delimiter of two signs', text, { target: 'a', delimiter: ',,' }, ['delimiter']],
  ['header as a text', text, { target: 'a', header: 'yes' }, ['header', 'true or false']], ['another decimal sign', text, { target: 'a', decimal: '·' }, ['decimal']],
  ['an unknown option', text, { target: 'a', separator: ';' }, ['"separator"']], ['no options', text, undefined as never, ['an object']], ['a signal that is none', text, { target: 'a', signal: {} }, ['signal']],
])('loadCsv refuses %s', async (_, source, options, says) => {
  await expectFault(() => loadCsv(source as string, options as CsvOptions), InputError, 'loadCsv', ...says);
});
