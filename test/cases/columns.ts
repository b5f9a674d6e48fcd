/** Columns beside each other: copies, so exact bits. */
import { columns } from '../../src/kernels/index.ts';
import type { ColumnsShape } from '../../src/kernels/columns.ts';
import { expectWords } from './compare.ts';
import { Contents, draw, pad4, place } from './contents.ts';
import { kernelCase, rowShape, withConstants, type Bench, type KernelCase, type Row } from './run-kernel.ts';
import { expectTwin } from './twin.ts';

type Part = Pick<ColumnsShape, 'from' | 'first' | 'second' | 'to'> & { readonly firstWidth: number; readonly width: number };

const joined = (first: number, second: number): Part => ({ firstWidth: first, from: 0, first, second, width: first + second, to: 0 });
const cut = (width: number, from: number, count: number): Part => ({ firstWidth: width, from, first: count, second: 0, width: count, to: 0 });
const spread = (count: number, to: number, width: number): Part => ({ firstWidth: count, from: 0, first: count, second: 0, width, to });

interface Options { readonly batch?: number; readonly rows?: readonly Row[]; readonly workgroup?: number }

async function run(bench: Bench, part: Part, { batch = 5, rows = [{ count: batch }], workgroup = 64 }: Options = {}): Promise<Contents> {
  const { firstWidth, width, ...shape } = part, { second: secondWidth } = shape;
  const first = place(batch, firstWidth), second = place(batch, Math.max(1, secondWidth)), output = place(batch, width);
  const drawn = (id: number, length: number): Float32Array[] => rows.map((_, r) => draw(length, 2 * r + id));
  const result = await expectTwin(bench, {
    kernel: withConstants(columns, { WORKGROUP_X: workgroup }, ([x, y, z]) => [x * (64 / workgroup), y, z]),
    shape: { row: rowShape(rows.length), rows: pad4(batch), ...shape, columns: { first: pad4(firstWidth), second: pad4(secondWidth), output: pad4(width) } },
    rows, places: { first, second, output },
    buffers: {
      first: Contents.of(first, rows.length, drawn(0, batch * firstWidth)), second: Contents.of(second, rows.length, drawn(1, batch * Math.max(1, secondWidth))),
      output: Contents.of(output, rows.length),
    },
  }, { output: { relative: 0, absolute: 0 } });
  return result['output']!;
}

const THREE: readonly Row[] = [{ count: 5 }, { count: 5, active: false }, { count: 4 }];

const PARTS: readonly (readonly [string, Part])[] = [
  ...([[1, 1], [3, 5], [4, 4], [31, 33], [67, 61]] as const).map(([first, second]) => [`${first} and ${second} beside each other`, joined(first, second)] as const),
  ...([[1, 0, 1], [5, 2, 3], [64, 63, 1], [67, 3, 61]] as const).map(([width, from, count]) => [`${count} of ${width} from ${from} on`, cut(width, from, count)] as const),
  ...([[1, 0, 5], [3, 1, 7], [61, 6, 67], [4, 3, 7]] as const).map(([count, to, width]) => [`${count} in ${width} from ${to} on, zeros around`, spread(count, to, width)] as const),
];

export const columnsCases: readonly KernelCase[] = [
  ...PARTS.map(([name, part]) => kernelCase('columns', name, async (bench) => { await run(bench, part); })),
  kernelCase('columns', 'a batch of 1', async (bench) => { await run(bench, joined(3, 2), { batch: 1 }); }),
  kernelCase('columns', 'three replicas, one inactive; workgroup sizes agree bit for bit', async (bench) => {
    const made = (workgroup: number): Promise<Contents> => run(bench, { ...joined(29, 71), from: 2, first: 27, width: 103, to: 3 }, { rows: THREE, workgroup });
    expectWords('workgroups of 16', (await made(16)).words, (await made(64)).words);
  }),
];
