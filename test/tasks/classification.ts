/** Breast cancer: whether a tumour is malignant, from thirty measurements of its cells; one logit. */
import { dataset, type ClassDataset, type Dataset } from '../../src/index.ts';
import { tableOf } from './table.ts';
import type { Task } from './task.ts';

/** Class indices as labels of one value each: 1 where it is malignant. */
function labelled({ inputs, shape, targets, classNames, name }: ClassDataset): Dataset {
  const malignant = classNames!.indexOf('malignant');
  return dataset({ inputs, shape, name, targets: Float32Array.from(targets, (one) => Number(one === malignant)), targetWidth: 1 });
}

export async function classification(): Promise<Task> {
  const { train, test } = await tableOf('breast-cancer.csv', { target: 'diagnosis' });
  return { name: 'classification', metric: 'accuracy', data: { train: labelled(train as ClassDataset), test: labelled(test as ClassDataset) } };
}
