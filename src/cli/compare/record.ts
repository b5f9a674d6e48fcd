/** Events become records. Pure; the session and the side that writes files both keep the same records this way. */
import type { CompareEvent, Divergence, EpochRecord, ReplicaRecord, RunRecord } from './types.ts';

const addEpoch = (replica: ReplicaRecord, entry: EpochRecord | Divergence): ReplicaRecord => {
  if (replica.diverged !== undefined) return replica;
  return 'epoch' in entry ? { ...replica, epochs: [...replica.epochs, entry] } : { ...replica, diverged: entry };
};

/** The last run after the event. */
function changed(run: RunRecord, event: CompareEvent): RunRecord {
  const each = (change: (replica: ReplicaRecord, index: number) => ReplicaRecord): readonly ReplicaRecord[] => run.replicas.map(change);
  switch (event.type) {
    case 'epoch':
      return { ...run, seconds: run.seconds + event.seconds, replicas: each((replica, i) => addEpoch(replica, event.replicas[i]!)) };
    case 'look':
      // A run that goes on may come by the same step again.
      return { ...run, looks: [...(run.looks ?? []).filter(({ step }) => step !== event.look.step), event.look] };
    case 'failed':
      return { ...run, replicas: each((replica) => addEpoch(replica, { step: event.step, tensor: event.tensor })) };
    case 'stopped':
      return { ...run, seconds: run.seconds + event.seconds };
    case 'end':
      return {
        ...run,
        isDone: true,
        replicas: each((replica, i) => {
          const weights = event.weights[i];
          return weights === undefined || replica.diverged !== undefined ? replica : { ...replica, weights };
        }),
      };
    default:
      return run;
  }
}

/** The runs so far, after one more event. */
export function recorded(runs: readonly RunRecord[], event: CompareEvent): readonly RunRecord[] {
  if (event.type === 'run') return [...runs, event.run];
  const last = runs.at(-1);
  return last === undefined ? runs : [...runs.slice(0, -1), changed(last, event)];
}

/** A run as it was after `epochs` epochs: what was written down after the checkpoint is trained again. */
export const truncated = (run: RunRecord, epochs: number): RunRecord => ({
  ...run,
  replicas: run.replicas.map((replica) => ({ ...replica, epochs: replica.epochs.filter(({ epoch }) => epoch <= epochs) })),
});
