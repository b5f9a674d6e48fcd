/** What a stopped run goes on as, and whether it can. */
import type { Command } from 'commander';
import { InputError } from '../errors.ts';
import { bestText } from './history.ts';
import type { HostName } from './host.ts';
import { MODEL_OPTIONS, type ModelOptions } from './options.ts';
import type { RunConfig, Stopped } from './run-folder.ts';
import { countsToHorizon } from './schedules.ts';
import { isTable, stepsPerEpochOf } from './settings.ts';
import { findData } from './sources.ts';
import { counted } from './table.ts';

/** What may be said anew. */
type Changes = Pick<ModelOptions, 'data' | 'learningRate'> & Partial<Pick<RunConfig, 'horizon' | 'verify'>> & { readonly epochs: number; readonly host?: HostName };

/** The run a stopped one goes on as: its own settings, and only what may change. @throws InputError, BadFileError */
export async function resumedConfig(command: Command, stopped: Stopped, options: Changes): Promise<RunConfig> {
  const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  const fixed = [...MODEL_OPTIONS, 'out', 'tune'].find((name) => name !== 'data' && name !== 'learningRate' && given(name));
  if (fixed !== undefined) {
    const flag = command.options.find((option) => option.attributeName() === fixed)!.long;
    throw new InputError(`${flag} cannot be given with --resume: a run goes on as it was begun, in its own folder.`);
  }
  const { horizon: said, ...before } = stopped.config;
  const epochs = given('epochs') ? options.epochs : before.epochs;
  // What was said of a horizon was said of that many epochs.
  const horizon = given('horizon') ? options.horizon : epochs === before.epochs ? said : undefined;
  const config: RunConfig = {
    ...before,
    ...(given('verify') && { verify: options.verify! }),
    ...(given('data') && { data: await findData(options.data, isTable(before.data) ? before.data.table.plan : undefined) }),
    ...(given('learningRate') && { learningRate: options.learningRate! }),
    epochs,
    ...(horizon !== undefined && { horizon }),
    host: given('host') ? options.host! : before.host,
  };
  checkTotal(config, stopped);
  checkHorizon(config, stopped);
  return config;
}

/** @throws InputError when the total is not beyond what the run has, or it stopped for good */
function checkTotal({ epochs, schedule }: RunConfig, { epochs: done }: Stopped): void {
  const { stopped } = done.at(-1) ?? {};
  if (stopped) throw new InputError(`This run stopped early after epoch ${stopped.epoch}: ${bestText(stopped)}. It is at its end; begin another.`);
  if (epochs > done.length) return;
  const way = schedule !== undefined && countsToHorizon(schedule) ? ', and the same number with --horizon to stretch its schedule to it' : '';
  throw new InputError(`This run has done ${counted(done.length, 'epoch')}. To go on, give a larger total with --epochs${way}.`);
}

/** @throws InputError when the schedule would end elsewhere than the run, and nobody said so */
function checkHorizon(config: RunConfig, { step, horizon: known, isHorizonSaid, from }: Stopped): void {
  const { epochs, horizon, schedule } = config;
  if (step === 0 || horizon === 'keep' || schedule === undefined || !countsToHorizon(schedule)) return;
  const stepsPerEpoch = stepsPerEpochOf(config, from.samples);
  const keep = `--horizon keep to leave its end at step ${known}`;
  if (horizon !== undefined && horizon * stepsPerEpoch < step && horizon * stepsPerEpoch !== known) {
    throw new InputError(`--horizon ${horizon} is an epoch that is over. Give --horizon ${epochs}, the last epoch to come, or ${keep}.`);
  }
  const end = epochs * stepsPerEpoch;
  if (horizon !== undefined || end === known || (end < known && isHorizonSaid)) return;
  const [what, way] = end > known ? ['beyond its end the learning rate would stay at its final value', 'stretch it to'] : ['the learning rate would not come to its final value', 'let it end at'];
  throw new InputError(
    `The learning rate follows ${schedule.kind} to step ${known}, and epoch ${epochs} ends after step ${end}: ${what}. ` +
      `Give --horizon ${epochs} to ${way} the end of epoch ${epochs} from here on, or ${keep}.`,
  );
}
