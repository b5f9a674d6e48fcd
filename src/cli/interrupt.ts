/** Ctrl-C in two stages. */

/**
 * Signals within this time are one Ctrl-C: a terminal sends it to every process of the group, and npm, one of them,
 * sends it on to its child.
 */
const ONE_PRESS_MILLISECONDS = 1000;

/**
 * Calls `stop` at the first SIGINT, SIGTERM or SIGHUP (a closed terminal) and `giveUp` at the next one.
 * @param options.source what signals come from, and `now` in milliseconds: for tests
 * @returns what takes the handlers off again
 */
export function onInterrupt(
  stop: () => void,
  giveUp: () => void,
  { source = process, now = () => performance.now() }: { source?: NodeJS.EventEmitter; now?: () => number } = {},
): () => void {
  let first: number | undefined;
  const handle = (): void => {
    if (first === undefined) {
      first = now();
      stop();
    } else if (now() - first > ONE_PRESS_MILLISECONDS) giveUp();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) source.on(signal, handle);
  return () => {
    for (const signal of signals) source.removeListener(signal, handle);
  };
}
