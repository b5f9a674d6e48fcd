import { choiceOf, NO_CLASS } from './decide.ts';
import type { Accumulator, Task } from './metric.ts';
import { Sums } from './sums.ts';

/** [classes][classes]: row the class that a sample is of, column the one that it is taken for. Counts, or sums of weights. */
export type Confusion = readonly (readonly number[])[];

/** scikit-learn's `confusion_matrix`, over all classes. Samples whose outputs are not finite are taken for none, and in no column. */
export function confusion(task: Task): Accumulator<Confusion> {
  const { classes, predicted, actual } = choiceOf(task), sums = new Sums(classes * classes);
  return {
    add: (batch) => {
      for (let i = 0; i < batch.count; i++) {
        const taken = predicted(batch, i);
        if (taken !== NO_CLASS) sums.add(actual(batch, i) * classes + taken, batch.weights?.[i] ?? 1);
      }
    },
    value: () => {
      const all = sums.all();
      return Array.from({ length: classes }, (_, row) => all.slice(row * classes, (row + 1) * classes));
    },
  };
}
