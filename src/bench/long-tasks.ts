/** Tasks that held a page's main thread for more than 50 ms (W3C Long Tasks API), where the host tells. */

export interface LongTasks {
  /** Stops watching. @returns how many there were */
  end(): number;
}

/** Undefined outside a Chrome page: workers, Firefox, Node and Deno do not tell. */
export function watchLongTasks({ PerformanceObserver } = globalThis as { PerformanceObserver?: typeof globalThis.PerformanceObserver }): LongTasks | undefined {
  if (!PerformanceObserver?.supportedEntryTypes?.includes('longtask')) return undefined;
  let count = 0;
  const observer = new PerformanceObserver((list) => { count += list.getEntries().length; });
  observer.observe({ type: 'longtask' });
  return {
    end: () => {
      count += observer.takeRecords().length;
      observer.disconnect();
      return count;
    },
  };
}
