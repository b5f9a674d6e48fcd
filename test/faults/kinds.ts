/** The kinds of faults, each at a seeded place of a dispatch. */
import type { Fault, Hands, Site } from './faulty-device.ts';
import {
  deadElement, halfLoads, halfStores, lonelyQuads, missingTile, nearSamples, read, shared, withoutBarriers, written,
  wrongLane, wrongQuads, zeroAll, zeroRow, zeroTile, zeroWhere,
} from './wgsl.ts';

/** A whole number from `low` to `high`. */
export type Draw = (low: number, high: number) => number;

export interface Kind {
  readonly name: string;
  /** A fault for this dispatch; undefined where it has no place for one. */
  readonly at: (site: Site, draw: Draw) => Fault | undefined;
}

/** Another text, where it is another. */
const text = (change: (code: string, site: Site, draw: Draw) => string): Kind['at'] => (site, draw) => {
  const code = change(site.code, site, draw);
  return code === site.code ? undefined : ({ run }) => run({ code });
};

const constant = (code: string, name: string): number | undefined => {
  const [, found] = new RegExp(`const ${name}: u32 = (\\d+)u`).exec(code) ?? [];
  return found === undefined ? undefined : Number(found);
};

const group = ({ grid }: Site, draw: Draw): number[] => grid.map((size) => draw(0, size - 1));

/** A row of what the kernel makes: of its output where it has one, of the weight where that lies in an arena. */
function rowOf(code: string, { grid }: Site, draw: Draw): string {
  const names = written(code).map(({ name }) => name);
  if (names.length === 0) return code;
  const own = names.map((name) => ({ name, offset: `${name.toUpperCase()}_OFFSET` })).find(({ offset }) => constant(code, offset) !== undefined);
  const base = own?.offset ?? ['WEIGHT_OFFSET', 'BIAS_OFFSET'].find((name) => constant(code, name) !== undefined) ?? '0u';
  const isMatrix = base !== 'BIAS_OFFSET' && constant(code, 'COLUMNS4') !== undefined;
  const length = isMatrix ? 'COLUMNS4' : '1u', rows = isMatrix ? constant(code, 'ROWS') ?? 4 * grid[1] : grid[0];
  return zeroRow(code, own?.name ?? names[0]!, base, length, draw(0, Math.max(0, Math.min(rows, 8) - 1)));
}

/** Reads what one of its inputs held a dispatch ago. */
function stale(site: Site, draw: Draw): Fault | undefined {
  const inputs = read(site.code).map(({ name }) => Number(new RegExp(`@binding\\((\\d+)\\) var<storage, read> ${name}:`).exec(site.code)![1]));
  if (inputs.length === 0) return undefined;
  const binding = inputs[draw(0, inputs.length - 1)]!;
  const copies = new Map<GPUBuffer, GPUBuffer>();
  return ({ gpu, run, outside, site: { group: { entries } } }: Hands) => {
    const all = [...entries], entry = all.find((one) => one.binding === binding)!;
    const { buffer, offset = 0, size = buffer.size - offset } = entry.resource as GPUBufferBinding;
    let copy = copies.get(buffer);
    if (copy === undefined) {
      copy = gpu.createBuffer({ size, usage: 0x80 | 0x8 });
      copies.set(buffer, copy);
      outside((encoder) => encoder.copyBufferToBuffer(buffer, offset, copy!, 0, size));
    }
    run({ entries: all.map((one) => (one === entry ? { binding, resource: { buffer: copy! } } : one)) });
    outside((encoder) => encoder.copyBufferToBuffer(buffer, offset, copy!, 0, size));
  };
}

/** Dispatches of a kernel in one pass that are right, at most: then a few steps are. */
const EARLY = 12;

/** What comes late in a pass is not run, or, another fault, makes zeros. */
const late = (fault: (hands: Hands) => void, early: number): Fault => {
  const passes = new WeakMap<object, number>();
  return (hands) => {
    const before = passes.get(hands.pass) ?? 0;
    passes.set(hands.pass, before + 1);
    if (before < early) hands.run();
    else fault(hands);
  };
};

export const KINDS: readonly Kind[] = [
  { name: 'dropped', at: () => () => {} },
  { name: 'doubled', at: () => ({ run }) => { run(); run(); } },
  { name: 'swapped with the next', at: () => ({ run, later }) => later(run) },
  { name: 'a tile of zeros', at: text((code, site, draw) => zeroTile(code, group(site, draw))) },
  { name: 'a tile not written', at: text((code, site, draw) => missingTile(code, group(site, draw))) },
  { name: 'a row of zeros', at: text(rowOf) },
  { name: 'all of zeros', at: text(zeroAll) },
  { name: 'stored as f16', at: text((code) => (written(code).length > 0 ? halfStores(code) : code)) },
  { name: 'read as f16', at: text((code) => (read(code).length > 0 ? halfLoads(code) : code)) },
  { name: 'stale input', at: stale },
  { name: 'subgroups: another lane', at: text(wrongQuads) },
  { name: 'subgroups: no exchange', at: text(lonelyQuads) },
  { name: 'workgroup memory: another lane', at: text((code) => (shared(code).length > 0 ? wrongLane(code) : code)) },
  { name: 'workgroup memory: a dead element', at: text((code, _, draw) => (shared(code).length > 0 ? deadElement(code, draw(0, 3)) : code)) },
  { name: 'no barriers', at: text(withoutBarriers) },
  { name: 'zeros where the batch is not whole', at: text((code) => zeroWhere(code, 'rows[0].count < 8u')) },
  { name: 'zeros from the third step of a submit on', at: text((code) => zeroWhere(code, 'rows[0].slot >= 2u')) },
  { name: 'dropped late in a pass', at: (_, draw) => late(() => {}, draw(2, EARLY)) },
  { name: 'zeros late in a pass', at: (site, draw) => (zeroAll(site.code) === site.code ? undefined : late(({ run }) => run({ code: zeroAll(site.code) }), draw(2, EARLY))) },
  { name: 'replicas that have stopped go on', at: text((code) => code.replace(/rows\[(\w+)\]\.is_active == 0u/g, 'false').replace(/rows\[(\w+)\]\.is_active != 0u/g, 'true')) },
  { name: 'all replicas stop with the first', at: text((code) => code.replace(/rows\[replica\]\.is_active/g, 'rows[0].is_active')) },
  { name: 'samples from another place', at: text(nearSamples) },
];
