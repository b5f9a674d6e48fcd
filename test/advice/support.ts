/** What an error advises, followed to the letter. */
import { expect, test } from 'vitest';
import { GradshaderError } from '../../src/errors.ts';

export interface Advice {
  /** As it stands in the source, or its part between two values. */
  readonly says: string;
  /** What provokes it. */
  readonly fails: () => unknown;
  /** What it advises. */
  readonly works: () => unknown;
}

export const advice = (says: string, fails: () => unknown, works: () => unknown): Advice => ({ says, fails, works });

/** A test per advice: the error says it, and doing what it says works. */
export function testAdvice(list: readonly Advice[]): void {
  test.each(list.map((one) => [one.says, one] as const))('%s', async (_, { says, fails, works }) => {
    const error = await (async () => fails())().then(() => undefined, (cause: unknown) => cause);
    expect(error, 'nothing was thrown').toBeInstanceOf(GradshaderError);
    expect((error as Error).message).toContain(says);
    await works();
  });
}
