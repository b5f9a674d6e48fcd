/** Hyperparameters changed while a trainer lives. */

import { InputError } from '../errors.ts';
import { isObject, ownNames, textOf } from '../options.ts';
import { checkSettings, overrideAll, type Overrides, type ReplicaSettings } from '../model/hyperparameters.ts';
import { checkGroups, groupsFor } from '../compile/groups.ts';
import { checkBuilt } from '../compile/rule.ts';
import type { AdapterClass, AdapterTraits } from '../compile/tiles.ts';
import { handedOn, resumeCarried } from './carried.ts';
import type { Training } from './checkpoint.ts';
import type { Engine } from './engine.ts';
import { prepare, type Prepared } from './prepare.ts';

/** Settings of all replicas after a `set`. @throws InputError; nothing has changed then */
function changedSettings(
  { build, config: { optimizer } }: Prepared, settings: readonly ReplicaSettings[], overrides: Overrides, replica: number | undefined,
): ReplicaSettings[] {
  if (!isObject(overrides)) throw new InputError(`set: wanted an object such as { l1: 1e-4 }, got ${textOf(overrides)}.`);
  ownNames('set', overrides);
  if ('seed' in overrides) throw new InputError('set: the seed cannot change during training.');
  if (replica !== undefined && !(Number.isInteger(replica) && replica >= 0 && replica < build.replicas)) {
    throw new InputError(`set: there are replicas 0 to ${build.replicas - 1}, got ${textOf(replica)}.`);
  }
  const changed = settings.map((old, i) =>
    (replica !== undefined && i !== replica ? old : overrideAll(old, overrides, build.network, optimizer)));
  for (const own of changed) checkSettings(own, build.network, build.rule.name);
  checkBuilt(build, optimizer, changed);
  return changed;
}

/** What `set` does. @throws InputError; nothing has changed then */
export function changeSettings(engine: Engine, prepared: Prepared, overrides: Overrides, replica: number | undefined): void {
  const changed = changedSettings(prepared, engine.settings, overrides, replica);
  checkGroups('set', prepared.build.groups, changed, handedOn(engine.l1Totals.last, engine.lastRates.last));
  engine.settings = changed;
}

/** Goes on where a file left off: with what was set by then, and what updates handed on. */
export function resumeSettings(engine: Engine, settings: readonly ReplicaSettings[], state: Training['state']): void {
  engine.settings = settings;
  resumeCarried(engine, state);
}

/** A configuration, and the settings after all that was `set`, for which its rows have room. @throws InputError */
export function prepareAfter({ config, sets, state: { l1Totals, lastRates } }: Pick<Training, 'config' | 'sets' | 'state'>, adapter: AdapterClass | AdapterTraits): { prepared: Prepared; settings: readonly ReplicaSettings[] } {
  const prepared = prepare(config, adapter);
  const settings = sets.reduce<readonly ReplicaSettings[]>((own, { overrides, replica }) => changedSettings(prepared, own, overrides, replica), prepared.settings);
  const groups = Math.max(prepared.build.groups, groupsFor(settings, handedOn(l1Totals, lastRates)));
  return { prepared: { ...prepared, build: { ...prepared.build, groups } }, settings };
}
