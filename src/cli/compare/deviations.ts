/** Deviations of activations and gradients, variant by variant and layer by layer. Pure. */
import type { LayerInspection } from '../../train/inspect.ts';
import { mean } from './statistics.ts';
import type { CompareSettings, Group, RunRecord } from './types.ts';

export const MEASURES = ['activations', 'gradients'] as const;
export type Measure = (typeof MEASURES)[number];

/** One variant at one step: means over its seeds, NaN where some seed's is not finite. */
export interface DeviationRow {
  readonly group: string;
  readonly label: string;
  /** Training steps done. */
  readonly step: number;
  /** By layer, the logits last: of what it hands on, and of the loss's gradient with respect to its weights. */
  readonly activations: readonly number[];
  readonly gradients: readonly number[];
  /** Whether all units of every hidden layer do the same, for every sample. */
  readonly isSymmetric: boolean;
}

const OF: Readonly<Record<Measure, (layer: LayerInspection) => number>> = {
  activations: ({ outputs }) => outputs.deviation, gradients: ({ weightGradient }) => weightGradient?.deviation ?? NaN,
};

/** Beside their size nothing that tells units apart: sums of the same numbers may be rounded another way. */
const ALIKE = 2 ** -20;
const isAlike = ({ outputs: { unitDeviation, mean: middle, deviation } }: LayerInspection): boolean => unitDeviation <= ALIKE * Math.hypot(middle, deviation);

function rowsOf(group: Group, runs: readonly RunRecord[]): DeviationRow[] {
  return runs.flatMap(({ replicas, looks = [] }) => looks.flatMap((look): DeviationRow[] => {
    const own = look.replicas.filter((_, i) => replicas[i]!.group === group.id);
    if (own.length === 0) return [];
    const by = (of: (layer: LayerInspection) => number): number[] => own[0]!.map((_, n) => mean(own.map((layers) => of(layers[n]!) ?? NaN))); // JSON has null for NaN
    const hidden = own.flatMap((layers) => layers.slice(0, -1).filter(({ units }) => units > 1));
    return [{
      group: group.id, label: group.label, step: look.step, activations: by(OF.activations), gradients: by(OF.gradients), isSymmetric: hidden.length > 0 && hidden.every(isAlike),
    }];
  }));
}

/** Step by step, in the order of the variants. */
export const deviationsOf = ({ groups }: Pick<CompareSettings, 'groups'>, runs: readonly RunRecord[]): DeviationRow[] =>
  groups.flatMap((group) => rowsOf(group, runs)).sort((a, b) => a.step - b.step);

export const stepsOf = (rows: readonly DeviationRow[]): number[] => [...new Set(rows.map(({ step }) => step))];

/** Three digits, or a power of ten: `0.612`, `12.3`, `4.1e-7`; `?` for what is not finite. */
export function deviationText(value: number): string {
  if (!Number.isFinite(value)) return '?';
  return value === 0 || (value >= 0.01 && value < 1000) ? String(Number(value.toPrecision(3))) : value.toExponential(1).replace('e+', 'e').replace('.0e', 'e');
}

export const whenText = (step: number): string => (step === 0 ? 'before training' : `after ${step} ${step === 1 ? 'step' : 'steps'}`);

const COLUMN = 8;

/** Some of the layers where all have no room: the first, the last, and others evenly between. */
export function shownLayers(layers: number, most: number): number[] {
  if (layers <= most) return Array.from({ length: layers }, (_, n) => n);
  return Array.from({ length: most }, (_, i) => Math.round((i * (layers - 1)) / (most - 1)));
}

const TITLES: Readonly<Record<Measure, string>> = {
  activations: 'Standard deviation of what each layer hands on', gradients: "Standard deviation of the loss's gradient by each layer's weights",
};

/** A table for each measure and step, a line per variant, at most `width` wide where labels leave room for three layers. */
export function deviationTables(rows: readonly DeviationRow[], width: number): string {
  const layers = Math.max(...rows.map(({ activations }) => activations.length)), first = Math.max('layers.'.length, ...rows.map(({ label }) => label.length));
  const shown = shownLayers(layers, Math.max(3, Math.floor((width - first) / COLUMN)));
  const line = (label: string, cells: readonly string[]): string => label.padEnd(first) + cells.map((cell) => cell.padStart(COLUMN)).join('');
  const table = (measure: Measure, step: number): string => [
    `${TITLES[measure]}, ${whenText(step)}`,
    line('layers.', shown.map(String)),
    ...rows.filter((row) => row.step === step).map((row) => line(row.label, shown.map((n) => deviationText(row[measure][n]!)))),
  ].join('\n');
  return MEASURES.flatMap((measure) => stepsOf(rows).map((step) => table(measure, step))).join('\n\n');
}

/** What should be known to read them. */
export function deviationNotes(rows: readonly DeviationRow[], samples: number, seeds: number): string[] {
  const at = (isSymmetric: boolean): string[] => [...new Set(rows.filter((row) => row.isSymmetric === isSymmetric).map(({ label }) => label))];
  const alike = at(true).filter((label) => !at(false).includes(label));
  return [
    `Over ${samples} training samples and all units, or all weights, of a layer, dropout off${seeds > 1 ? `; means over ${seeds} seeds` : ''}. The last layer hands on the logits.`,
    ...alike.map((label) => `${label}: all units of every hidden layer give the same for every sample, and none learns anything of its own.`),
  ];
}
