/** Runs what must be right, on an engine that was found so. */

import type { Device } from '../device/index.ts';
import { WrongResultError } from '../errors.ts';
import type { TrainingState } from './training-state.ts';
import type { Seat } from './verify/fall-back.ts';
import { verifyUnless, type Verify } from './verify/once.ts';

/** @param verified called once the engine at hand was found right */
function verifier(seat: Seat, device: Device, verified?: () => void): Verify | undefined {
  if (seat.prepared.config.verify === 'off') return undefined;
  return async (subject, waiter = {}) => {
    const canary = await verifyUnless(waiter, seat.engine, device, subject);
    if (canary !== undefined) verified?.();
    return canary;
  };
}

/**
 * @param isNew whether, by now, other tiles may take the place of wrong ones: what was trained before may be wrong, too
 * @throws WrongResultError
 */
export async function onRight<Result>(
  seat: Seat, device: Device, state: TrainingState, isNew: () => boolean, work: (verify: Verify | undefined) => Promise<Result>,
): Promise<Result> {
  let result: Result | undefined;
  const run = async (verified?: () => void): Promise<void> => { result = await work(verifier(seat, device, verified)); };
  try {
    await run();
  } catch (error) {
    if (!isNew() || !(error instanceof WrongResultError)) throw error;
    const { fallBack } = await import('./verify/fall-back.ts');
    await fallBack(seat, device, state, error, run);
  }
  return result!;
}
