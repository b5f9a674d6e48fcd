/** Trains on devices that compute wrongly, and says who noticed. */
import { openDevice, type Device } from '../../src/device/index.ts';
import { GradshaderError } from '../../src/errors.ts';
import { Trainer } from '../../src/train/trainer.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { trainingData, validationData } from '../cases/network/support.ts';
import { numbers } from '../scheduler/models.ts';
import { FaultyDevice, type Fault, type Site } from './faulty-device.ts';
import { KINDS, type Kind } from './kinds.ts';

/** 'nothing': the bits of all results are those of a device without fault. */
export type Outcome = 'unwritten' | 'self-test' | 'canary' | 'next canary' | 'not finite' | 'fell back' | 'other' | 'nothing' | 'UNSEEN';

/** 'before': from the first dispatch on. 'after': from the second epoch on. */
export type When = 'before' | 'after';

export interface Tried {
  readonly plan: string;
  readonly kernel: string;
  readonly label: string;
  readonly kind: string;
  readonly when: When;
  readonly outcome: Outcome;
  readonly note: string;
}

const EPOCHS = 3;

const train = trainingData(), validation = validationData();

/** All that a training reports and leaves. */
async function results(trainer: Trainer, onEpoch: (epoch: number) => void): Promise<string> {
  const history: unknown[] = [];
  for await (const { seconds: _, imagesPerSecond: __, ...epoch } of trainer.fit(train, { epochs: EPOCHS, validation, stepsPerSubmit: 3 })) {
    history.push(epoch);
    onEpoch(epoch.epoch);
  }
  return JSON.stringify([history, await trainer.hash(), Array.from(await trainer.predict(validation) as Float32Array)]);
}

const CODES: Readonly<Record<string, Outcome>> = { 'unwritten': 'unwritten', 'non-finite': 'not finite', 'wrong-result': 'self-test' };

function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof GradshaderError)) return 'other';
  return error.message.startsWith('Steps that were right before') ? 'canary' : CODES[error.code] ?? 'other';
}

/** `epochs` were reported with the fault before anyone noticed. */
const inTime = (outcome: Outcome, epochs: number): Outcome =>
  (outcome === 'nothing' || outcome === 'fell back' || epochs === 0 ? outcome : outcome === 'canary' && epochs === 1 ? 'next canary' : 'UNSEEN');

/** One plan on one faulty device. */
export class Campaign {
  readonly #faulty: FaultyDevice;
  readonly #device: Device;
  readonly #name: string;
  readonly #config: TrainerConfig;
  readonly #clean: string;
  readonly #others = new Map<string, string>();
  /** What a device without fault is known for. */
  readonly #known: ReadonlyMap<string, string>;

  private constructor(faulty: FaultyDevice, device: Device, name: string, config: TrainerConfig, clean: string) {
    this.#faulty = faulty;
    this.#device = device;
    this.#name = name;
    this.#config = config;
    this.#clean = clean;
    this.#known = new Map(device.verified);
  }

  /** Trains without a fault first: that must pass, and shows what there is to break. */
  static async open(real: GPUDevice, name: string, config: TrainerConfig): Promise<Campaign> {
    process.env['XDG_CACHE_HOME'] = '/dev/null'; // Nothing is remembered beyond this.
    const faulty = new FaultyDevice(real), device = await openDevice({ device: faulty.gpu });
    const trainer = await Trainer.create(device, config);
    try {
      return new Campaign(faulty, device, name, config, await results(trainer, () => {}));
    } finally {
      trainer.destroy();
    }
  }

  /** The dispatches of training and evaluation: their kernels and labels, each once. */
  get sites(): Site[] {
    const sites = [...this.#faulty.sites.values()];
    return sites.filter(({ kernel, label }, i) => sites.findIndex((one) => one.kernel === kernel && one.label === label) === i);
  }

  async try(site: Site, kind: Kind, when: When, seed: number): Promise<Tried | undefined> {
    const draw = numbers(seed), places = new Map<string, Fault | undefined>();
    // A kernel of one name and label may have several texts: that of training and that of evaluation.
    const fault: Fault = (hands) => {
      const key = hands.site.plan + hands.site.code;
      if (!places.has(key)) places.set(key, kind.at(hands.site, draw));
      (places.get(key) ?? (() => hands.run()))(hands);
    };
    if (kind.at(site, numbers(seed)) === undefined) return undefined;
    const inject = (): void => this.#faulty.inject(({ kernel, label }) => kernel === site.kernel && label === site.label, fault);
    this.#device.verified.clear();
    if (when === 'before') inject();
    else this.#known.forEach((digest, key) => this.#device.verified.set(key, digest));
    let epochs = 0;
    const [outcome, note] = await this.#run((epoch) => {
      if (when === 'after' && epoch === 1) inject();
      else epochs++;
    });
    this.#faulty.heal();
    return { plan: this.#name, kernel: site.kernel, label: site.label, kind: kind.name, when, outcome: inTime(outcome, site.plan.startsWith('predict') ? 0 : epochs), note };
  }

  /** What other tiles and another fusion give without a fault. */
  async #cleanWith({ tiles, fusion }: TrainerConfig): Promise<string> {
    const changes = { tiles: tiles!, fusion: fusion! }, key = JSON.stringify(changes), known = this.#others.get(key);
    if (known !== undefined) return known;
    this.#faulty.heal();
    const trainer = await Trainer.create(this.#device, { ...this.#config, ...changes, verify: 'off' });
    const clean = await results(trainer, () => {}).finally(() => trainer.destroy());
    this.#others.set(key, clean);
    return clean;
  }

  async #run(onEpoch: (epoch: number) => void): Promise<[Outcome, string]> {
    try {
      const trainer = await Trainer.create(this.#device, this.#config);
      try {
        const got = await results(trainer, onEpoch);
        if (trainer.fallback !== undefined) return [got === await this.#cleanWith(trainer.config) ? 'fell back' : 'UNSEEN', ''];
        return [got === this.#clean ? 'nothing' : 'UNSEEN', ''];
      } finally {
        trainer.destroy();
      }
    } catch (error) {
      return [outcomeOf(error), String(error)];
    }
  }
}

/** What a product is made of. */
const familyOf = (code: string): string => (code.includes('quadBroadcast(') ? 'quads' : code.includes('var<workgroup> memory') ? 'workgroup tiles' : '');

/** Places for every kind on every kernel, made of every family of tiles; of several one is drawn, unless all are asked for. */
export class Choice {
  readonly #done = new Set<string>();
  readonly #isWhole: boolean;

  constructor(isWhole = false) {
    this.#isWhole = isWhole;
  }

  take({ kernel, code }: Site, { name }: Kind, when: When): boolean {
    const key = [kernel, familyOf(code), name, when].join(' | '), isNew = !this.#done.has(key);
    this.#done.add(key);
    return isNew || this.#isWhole;
  }
}

/** Every kind at the dispatches of the choice. */
export async function tryAll(campaign: Campaign, whens: readonly When[], seed: number, choice: Choice): Promise<Tried[]> {
  const tried: Tried[] = [], draw = numbers(seed), sites = campaign.sites.map((site) => ({ site, at: draw(0, 1e6) })).sort((a, b) => a.at - b.at);
  for (const { site } of sites) {
    for (const kind of KINDS) {
      for (const when of whens) {
        const place = draw(0, 1e6);
        if (!choice.take(site, kind, when)) continue;
        const one = await campaign.try(site, kind, when, place);
        if (one !== undefined) tried.push(one);
      }
    }
  }
  return tried;
}

/** Counts by kind and outcome, and lines for all that was not seen. */
export function tableOf(tried: readonly Tried[]): string {
  const outcomes = [...new Set(tried.map(({ outcome }) => outcome))].sort();
  const rows = (by: (one: Tried) => string): string[] => [...new Set(tried.map(by))].map((name) => {
    const own = tried.filter((one) => by(one) === name);
    return `${name.padEnd(42)}${outcomes.map((outcome) => String(own.filter((one) => one.outcome === outcome).length).padStart(12)).join('')}`;
  });
  return [
    ' '.repeat(42) + outcomes.map((outcome) => outcome.padStart(12)).join(''),
    ...rows(({ kind, when }) => `${kind}, ${when}`), '', ...rows(({ kernel, when }) => `${kernel}, ${when}`), '', ...rows(({ plan, when }) => `${plan}, ${when}`),
    '', ...rows(({ when }) => `all, ${when}`),
  ].join('\n');
}
