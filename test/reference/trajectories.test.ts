/** Ten updates of every optimizer with its penalties against PyTorch and the papers' formulas in double. */
import { describe, expect, it } from 'vitest';
import { update, type Hyperparameters, type OptimizerState } from '../../src/reference/index.ts';
import { expectClose } from '../cases/compare.ts';
import { goldenOptimizers } from '../golden/golden.ts';

/** The hyperparameters of each update: what a scheduled learning rate makes of them. */
function hyperparametersAt(hyperparameters: Hyperparameters, rates: readonly number[] | undefined, step: number): Hyperparameters {
  if (!rates) return hyperparameters;
  const given = rates.slice(0, step + 1).reduce((sum, rate) => sum + rate * (hyperparameters.l1 ?? 0), 0);
  return {
    ...hyperparameters, learningRate: rates[step]!, l1Total: given,
    // The trajectory's first weights are those of the constant rate: as if it had come before.
    previousLearningRate: step === 0 ? hyperparameters.learningRate : rates[step - 1]!,
  };
}

describe('weights and every slot after each of ten updates', () => {
  it.each(goldenOptimizers.cases)('$name', ({ hyperparameters, learningRates, weights, state }) => {
    let w: ArrayLike<number> = goldenOptimizers.start;
    let slots: OptimizerState = {};
    expect(weights.length).toBe(10);
    goldenOptimizers.gradients.forEach((gradient, step) => {
      const next = update({
        weights: w, gradient, state: slots, hyperparameters: hyperparametersAt(hyperparameters, learningRates, step), t: step + 1,
      });
      expectClose(`weights, step ${step}`, next.weights, weights[step]!, 1e-10, 1e-15);
      expect(Array.from(next.weights, (x) => x === 0), `zeros, step ${step}`).toEqual(weights[step]!.map((x) => x === 0));
      expect(Object.keys(next.state).sort()).toEqual(Object.keys(state).sort());
      for (const [slot, values] of Object.entries(state)) expectClose(`${slot}, step ${step}`, next.state[slot]!, values[step]!, 1e-10, 1e-18);
      expect(next.nonFinite).toBe(false);
      w = next.weights;
      slots = next.state;
    });
  });
});
