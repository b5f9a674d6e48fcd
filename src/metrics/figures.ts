/** Figures by name, and which way each gets better: all that early stopping and schedules must know of metrics. */

/** Metrics as they are named: the number of `top5`; what has a threshold, with its average; the threshold. */
export const FORM = /^(?:accuracy|mae|mse|rmse|r2|top([1-9]\d*)|(binaryAccuracy|(precision|recall|f1)(Micro|Weighted|Binary)?)(?:@(0?\.\d+(?:e-\d+)?|[1-9](?:\.\d+)?e-\d+))?)$/;

/** Where less is better; of every other figure more is. */
const LOWER: readonly string[] = ['loss', 'mae', 'mse', 'rmse'];

export const isFigure = (name: unknown): boolean => typeof name === 'string' && (name === 'loss' || FORM.test(name));

export const isLowerBetter = (name: string): boolean => LOWER.includes(name);
