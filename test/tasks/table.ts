/** A table as the tasks take it: every fifth row for the test, all standardised by the others. */
import { dataset, loadCsv, subset, type CsvOptions, type Dataset } from '../../src/index.ts';
import { statisticsOf } from '../../src/data/statistics.ts';

/** `values` less the means of `of`, divided by its deviations. */
export function standardised(of: Dataset, values: ArrayLike<number>): Float32Array {
  const { mean, deviation } = statisticsOf(of, 'feature');
  return Float32Array.from(values, (value, i) => (value - mean[i % of.width]!) / (deviation[i % of.width]! || 1));
}

/** What is trained on, and what is held out; inputs standardised. */
export async function tableOf(file: string, options: CsvOptions): Promise<{ train: Dataset; test: Dataset }> {
  const { data } = await loadCsv(`test/data/tables/${file}`, options);
  const rows = Array.from({ length: data.length }, (_, row) => row), isHeld = (row: number): boolean => row % 5 === 4;
  const train = subset(data, rows.filter((row) => !isHeld(row))), test = subset(data, rows.filter(isHeld));
  return {
    train: dataset({ ...train, inputs: standardised(train, train.inputs) }), test: dataset({ ...test, inputs: standardised(train, test.inputs) }),
  };
}
