/** Diabetes: the progression of the disease a year later, from ten measurements. Progression is standardised, too. */
import { dataset, type Dataset } from '../../src/index.ts';
import { standardised, tableOf } from './table.ts';
import type { Task } from './task.ts';

export async function regression(): Promise<Task> {
  const { train, test } = await tableOf('diabetes.csv', { target: 'progression' });
  const known = dataset({ inputs: train.targets as Float32Array, shape: [1], targets: 'inputs' });
  const own = (data: Dataset): Dataset => dataset({ ...data, targets: standardised(known, data.targets as Float32Array) });
  return { name: 'regression', metric: 'r2', data: { train: own(train), test: own(test) } };
}
