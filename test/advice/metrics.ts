/** Advice on metrics: those of losses that this library has, and of others that the room knows. */
import { dense, planOf, relu, sequential, sgd, softmaxCrossEntropy } from '../../src/index.ts';
import { checkConfusion, checkTargets, metricsOf, suitedMetrics, type Task } from '../../src/metrics/index.ts';
import { advice, type Advice } from './support.ts';

const plan = (...metrics: readonly unknown[]) => () =>
  planOf({ model: sequential([3], [dense(4), relu(), dense(3)]), loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1 }), metrics: metrics as never }, 'software');
const values: Task = { outputs: 'values', width: 2 }, labels: Task = { outputs: 'labels', width: 3 };
const suit = (task: Task, ...metrics: readonly string[]) => () => suitedMetrics('metrics', metrics, task);
const soft = Float32Array.of(0, 1, 1, 0.5, 0, 1);

export const metricsAdvice: readonly Advice[] = [
  advice('is there twice. Name each metric once.', plan('f1', 'f1'), plan('f1')),
  advice('there is no metric', plan('F1'), plan('f1')),
  advice("and this loss is of values. Use 'mae', 'mse', 'rmse' or 'r2'.", suit(values, 'accuracy'), suit(values, 'mae', 'mse', 'rmse', 'r2')),
  advice("and this loss is of classes. Use 'accuracy', 'top5' or 'f1'.", plan('mae'), () => suitedMetrics('metrics', ['accuracy', 'top5', 'f1'], { outputs: 'classes', width: 10 })),
  advice("is for classes, and this loss is of labels. Use 'binaryAccuracy' or 'f1'.", suit(labels, 'top2'), suit(labels, 'binaryAccuracy', 'f1')),
  advice('always holds, as there are', plan('top3'), plan('top2')),
  advice("is for labels and for two classes, and there are", plan('binaryAccuracy'), plan('accuracy')),
  advice("Use the average 'macro', 'micro' or 'weighted'.", plan('f1Binary'), plan('f1', 'f1Micro', 'f1Weighted')),
  advice('classes the most probable is predicted. Leave it out.', plan('f1@0.3'), plan('f1')),
  advice('confusion is for classes and for one label', () => checkConfusion('evaluate', labels), () => checkConfusion('evaluate', { outputs: 'labels', width: 1 })),
  advice('Leave that metric out.', () => checkTargets('data', metricsOf('metrics', ['mae', 'f1']), labels, () => soft), () => checkTargets('data', metricsOf('metrics', ['mae']), labels, () => soft)),
];
