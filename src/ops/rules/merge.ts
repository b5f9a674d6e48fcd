/** Maps that become part of the operation which makes their input. */

import { readOfStep, writesOf, type InputOp, type MapOp, type Op, type OpGraph, type ProductOp, type Step, type StepName } from '../op.ts';
import type { Note } from '../../scheduler/graph.ts';
import { endOfForward, readings, type Applied } from './rule.ts';

/** Whether maps before the loss are meant, or those behind it. */
export type Direction = 'forward' | 'backward';

/** Operations that end in steps. */
export type Producer = InputOp | ProductOp | MapOp;

/** Steps of each operation, in the order in which its kernel does them, each at most once. */
const TAKES: Readonly<Record<'input' | 'map' | 'forward' | 'inputGradient', readonly StepName[]>> = {
  input: ['dropout'],
  forward: ['activate', 'dropout'],
  inputGradient: ['activity', 'dropout', 'slope'],
  map: ['add', 'activate', 'activity', 'dropout', 'slope'],
};

const takesOf = (op: Producer): readonly StepName[] => TAKES[op.op === 'product' ? op.kind : op.op];

/** Why this operation cannot end in these steps; '' if it can. */
export function refusal(op: Producer, steps: readonly Step[]): string {
  const order = steps.map(({ step }) => takesOf(op).indexOf(step));
  const missing = order.indexOf(-1);
  if (missing >= 0) return `${op.op === 'product' ? `the ${op.kind} product` : op.op} has no place for '${steps[missing]!.step}'`;
  if (order.some((place, i) => i > 0 && place <= order[i - 1]!)) return `'${steps.map(({ step }) => step).join("', '")}' is not the order of its steps`;
  const stored = new Set(steps.filter(({ step }) => step !== 'add').flatMap(readOfStep));
  return stored.size > 1 ? `it would read two stored values, ${[...stored].join(' and ')}` : '';
}

/**
 * Merges maps into the makers of their inputs, where nothing else reads these, until nothing changes.
 * @param joined all steps of both, or why they cannot be one
 */
export function mergeMaps(
  graph: OpGraph, rule: string, direction: Direction,
  joined: (producer: Producer, map: MapOp, graph: OpGraph) => readonly Step[] | string,
): Applied {
  const fired: Note[] = [];
  let now = graph;
  for (;;) {
    const { next, note, refused } = mergeOne(now, rule, direction, joined);
    if (next === undefined) return { graph: now, notes: [...fired, ...refused] };
    fired.push(note!);
    now = next;
  }
}

function mergeOne(
  graph: OpGraph, rule: string, direction: Direction,
  joined: (producer: Producer, map: MapOp, graph: OpGraph) => readonly Step[] | string,
): { next?: OpGraph; note?: Note; refused: Note[] } {
  const reads = readings(graph), end = endOfForward(graph);
  const refused: Note[] = [];
  for (const [at, map] of graph.ops.entries()) {
    if (map.op !== 'map' || (direction === 'forward') !== (at < end)) continue;
    const producer = graph.ops.find((op) => writesOf(op).includes(map.input))!;
    const on = `${map.label} in ${producer.label}`;
    const made = reads.get(map.input)! > 1 ? keeping(producer, map) : map;
    const steps = made === undefined
      ? `${map.input} is read ${reads.get(map.input)} times`
      : isProducer(producer) && producer.output !== map.input
      ? `${producer.label} only keeps ${map.input}`
      : isProducer(producer) ? joined(producer, made, graph) : `${producer.op} has no epilogue`;
    if (typeof steps === 'string') {
      refused.push({ rule, fired: false, on, why: steps });
      continue;
    }
    // In the map's place: whatever its steps read is there by then. What keeps its input must be there for those who read that.
    const merged = { ...(producer as Producer), output: map.output, steps }, place = writesOf(merged).length > 1 ? producer : map;
    const ops = graph.ops.flatMap((op): Op[] => (op === place ? [merged] : op === producer || op === map ? [] : [op]));
    return { next: { ...graph, ops }, note: { rule, fired: true, on }, refused };
  }
  return { refused };
}

/** An activation of what others read too: the product that makes it stores both. Undefined where that cannot be. */
function keeping(producer: Op, map: MapOp): MapOp | undefined {
  const [first, ...rest] = map.steps;
  const fits = producer.op === 'product' && producer.kind === 'forward' && producer.steps.length === 0 && first?.step === 'activate';
  return fits ? { ...map, steps: [{ ...first, kept: map.input }, ...rest] } : undefined;
}

const isProducer = (op: Op): op is Producer => op.op === 'input' || op.op === 'product' || op.op === 'map';
