/** A pair that is refused is refused wherever it comes from, and every other one is not. */
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { dense, relu, sequential, softmaxCrossEntropy, type Regularizer } from '../../src/index.ts';
import { RULE_NAMES, type RuleName } from '../../src/kernels/rule.ts';
import { pairOf, type Penalty } from '../../src/model/pairs.ts';
import { REGULARIZER_RULES, type RegularizerType } from '../../src/model/regularizers.ts';
import { prepare } from '../../src/train/prepare.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { optimizerOf } from '../cases/optim.ts';

const DECAY: Penalty = { type: 'weightDecay', rule: 'decoupled' };
const PENALTIES: readonly Penalty[] = [
  ...Object.entries(REGULARIZER_RULES).flatMap(([type, rules]) => rules.map((rule): Penalty => ({ type: type as RegularizerType, rule }))), DECAY,
];

/** With the penalty at `strength`, or weight decay. */
function configOf(optimizer: RuleName, { type, rule }: Penalty, strength: number): TrainerConfig {
  const weightDecay = type === 'weightDecay' ? strength : 0;
  const regularizers: Regularizer[] = type === 'weightDecay' ? [] : [{ type, rule, strength, biases: false }];
  return {
    model: sequential([6], [dense(5), relu(), dense(3)]), loss: softmaxCrossEntropy(),
    optimizer: optimizerOf({ optimizer, learningRate: 0.1, weightDecay }, { regularizers }),
  };
}

describe.each(RULE_NAMES)('%s', (optimizer) => {
  it.each(PENALTIES)('$type $rule', (penalty) => {
    const verdict = pairOf(optimizer, penalty);
    const whole = (): unknown => prepare(configOf(optimizer, penalty, 1), 'software');
    const replica = (): unknown => prepare({ ...configOf(optimizer, penalty, 0), replicas: [{}, { [penalty.type]: 1 }] }, 'software');
    for (const made of [whole, replica]) {
      if (verdict.kind !== 'refused') {
        expect(made).not.toThrow();
        continue;
      }
      expect(made).toThrow(InputError);
      expect(made).toThrow(`${penalty.type} (${penalty.rule}) with ${optimizer}: ${verdict.why}`);
      expect(verdict.why).toMatch(/\. Use .+\.$/);
    }
  });
});
