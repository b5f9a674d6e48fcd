/** The page: what the visitor does becomes messages to the worker, and its answers become figures and curves. */

import type { AdapterState, Epoch, Probe, Progress } from '../src/index.ts';
import { showAdapter } from './adapter.ts';
import { Chart } from './chart.ts';
import { CurveRecorder } from './curves.ts';
import { byId, setText } from './dom.ts';
import type { Failure } from './failure.ts';
import { formatMilliseconds, formatNumber, formatPercent, formatSeconds } from './format.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { Reader } from './reader.ts';
import { Runs } from './runs.ts';
import {
  ASSUMED_STEP_MILLISECONDS, BATCH_SIZE, DEFAULTS, expectedSeconds, LEARNING_RATES, stepsPerEpoch, TEST_IMAGES, type Settings,
} from './settings.ts';

/** What may be pressed. `rest`: a network is there and may go on. */
type State = 'unusable' | 'idle' | 'busy' | 'stopping' | 'rest';

class Page {
  readonly #worker: Worker;
  readonly #reader: Reader;
  readonly #runs = new Runs(byId('runs', HTMLElement));
  readonly #accuracyChart = new Chart(byId('accuracy-chart', HTMLElement), {
    title: 'Accuracy', format: (value) => formatPercent(value, 0), ticks: [0, 0.25, 0.5, 0.75, 1],
    chance: { value: 0.1, label: 'guessing: 10 %', place: 'above' },
  });
  readonly #lossChart = new Chart(byId('loss-chart', HTMLElement), {
    title: 'Loss', format: (value) => formatNumber(value, 1), ticks: [0, 0.5, 1, 1.5, 2, 2.5],
    chance: { value: Math.LN10, label: 'guessing: ln 10 = 2.30', place: 'below' },
  });
  readonly #form = byId('settings', HTMLFormElement);
  readonly #epochs = byId('epochs', HTMLInputElement);
  readonly #status = byId('status', HTMLElement);
  #state: State = 'unusable';
  #adapter: AdapterState = 'software';
  #measuredStep: number | undefined;
  /** The run at hand: what it was started with, its curves, its target and how far it is. */
  #run: { settings: Settings; recorder: CurveRecorder; target: number; epoch: number } | undefined;
  #progress: Progress | undefined;
  #frame: number | undefined;

  constructor() {
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#receive(data));
    this.#worker.addEventListener('error', (event) => this.#crashed(event.message));
    this.#reader = new Reader((pixels) => this.#send({ type: 'classify', pixels }), () => this.#send({ type: 'test-image' }));
    this.#form.addEventListener('submit', (event) => { event.preventDefault(); this.#start(); });
    this.#form.addEventListener('input', () => this.#render());
    byId('stop', HTMLButtonElement).addEventListener('click', () => this.#stop());
    byId('continue', HTMLButtonElement).addEventListener('click', () => this.#continue());
    byId('optimizer', HTMLSelectElement).addEventListener('change', () => {
      byId('learning-rate', HTMLInputElement).value = String(LEARNING_RATES[this.#settings.optimizer]);
    });
    this.#render();
  }

  #send(message: ToWorker): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
    this.#worker.postMessage(message);
  }

  get #settings(): Settings {
    const choice = (id: string): string => byId(id, HTMLSelectElement).value;
    const regularization = this.#form.querySelector<HTMLInputElement>('[name=regularization]:checked')!;
    return {
      regularization: regularization.value as Settings['regularization'],
      optimizer: choice('optimizer') as Settings['optimizer'],
      learningRate: byId('learning-rate', HTMLInputElement).valueAsNumber,
      epochs: this.#epochs.valueAsNumber,
      images: Number(choice('images')),
      shuffled: byId('shuffled', HTMLInputElement).checked,
    };
  }

  #start(): void {
    const settings = this.#settings;
    this.#run = { settings, recorder: new CurveRecorder(settings.images, BATCH_SIZE), target: settings.epochs, epoch: 0 };
    this.#progress = undefined;
    this.#runs.begin(settings);
    this.#reader.hasNetwork = false;
    for (const id of ['test-accuracy', 'zeros']) setText(byId(id, HTMLElement), '–');
    setText(byId('hash', HTMLElement), '');
    this.#send({ type: 'start', settings });
    this.#enter('busy', 'Starting.');
  }

  #stop(): void {
    this.#send({ type: 'stop' });
    this.#enter('stopping', 'Stopping after the steps that are under way.');
  }

  #continue(): void {
    if (this.#run === undefined) return;
    this.#run.target = this.#epochs.valueAsNumber;
    this.#send({ type: 'continue', epochs: this.#run.target });
    this.#enter('busy', 'Continuing.');
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'adapter': return this.#showAdapter(message.probe);
      case 'phase': return this.#showPhase(message.phase);
      case 'progress': return this.#take(message.progress);
      case 'epoch': return this.#takeEpoch(message.epoch);
      case 'rest': return this.#takeRest(message);
      case 'failed': return this.#fail(message.failure, message.resumable);
      case 'classified': return this.#reader.classified(message.probabilities);
      case 'test-image': return this.#reader.showTestImage(message.pixels, message.label);
    }
  }

  #showAdapter(found: Probe): void {
    showAdapter(found, 'tens of times slower than a GPU.');
    const { adapter } = found;
    if (adapter === undefined) return this.#enter('unusable', 'Training needs a GPU adapter; see above what to do.');
    this.#adapter = adapter.state;
    byId('images', HTMLSelectElement).value = String(DEFAULTS[adapter.state].images);
    this.#epochs.value = String(DEFAULTS[adapter.state].epochs);
    this.#enter('idle', 'Ready.');
  }

  #showPhase(phase: 'loading' | 'preparing' | 'training'): void {
    if (phase === 'training') this.#reader.hasNetwork = true;
    if (this.#state === 'stopping') return;
    const words = { loading: 'Loading MNIST (55 MB).', preparing: 'Preparing the network and its kernels.', training: 'Training.' };
    setText(this.#status, words[phase]);
  }

  #take(progress: Progress): void {
    this.#run?.recorder.progress(progress);
    this.#progress = progress;
    this.#measuredStep = progress.stepMilliseconds;
    this.#draw();
    if (this.#state !== 'busy') return;
    const testing = progress.stepInEpoch === progress.stepsPerEpoch;
    setText(this.#status, testing ? `Testing on ${formatNumber(TEST_IMAGES)} images.` : `Training, epoch ${progress.epoch} of ${progress.epochs}.`);
  }

  #takeEpoch(epoch: Epoch): void {
    if (this.#run === undefined) return;
    this.#run.recorder.epoch(epoch);
    this.#run.epoch = epoch.epoch;
    setText(byId('test-accuracy', HTMLElement), formatPercent(epoch.validation?.accuracy, 2));
    setText(byId('zeros', HTMLElement), formatPercent(epoch.zeros));
    this.#runs.update({
      epochs: epoch.epoch, trainAccuracy: epoch.accuracy, testAccuracy: epoch.validation?.accuracy ?? NaN, zeros: epoch.zeros,
      stepMilliseconds: (1000 * BATCH_SIZE) / epoch.imagesPerSecond,
    });
    this.#draw();
    this.#reader.refresh();
  }

  #takeRest({ done, step, hash }: Extract<FromWorker, { type: 'rest' }>): void {
    const accuracy = byId('test-accuracy', HTMLElement).textContent;
    setText(byId('hash', HTMLElement), `Weights after step ${step}, SHA-256: ${hash}.`);
    this.#enter('rest', done
      ? `Done: ${accuracy} of the ${formatNumber(TEST_IMAGES)} test images read right.`
      : `Stopped after step ${formatNumber(step)}. Continue goes on exactly from there.`);
    this.#draw();
    this.#reader.refresh();
  }

  #fail({ what, advice, detail }: Failure, resumable: boolean): void {
    setText(byId('failure-what', HTMLElement), what);
    setText(byId('failure-advice', HTMLElement), advice);
    setText(byId('failure-detail', HTMLElement), detail);
    byId('failure', HTMLElement).hidden = false;
    if (!resumable) {
      this.#reader.hasNetwork = false;
      this.#run = undefined;
    }
    if (this.#state !== 'unusable') this.#showStateAfterFailure(resumable);
  }

  #showStateAfterFailure(resumable: boolean): void {
    this.#state = resumable ? 'rest' : 'idle';
    setText(this.#status, 'Training failed.');
    this.#render();
  }

  #crashed(message: string): void {
    this.#fail({ what: 'The worker that trains has crashed.', advice: 'Reload the page.', detail: message }, false);
    this.#enter('unusable', 'Training failed.');
  }

  #enter(state: State, status: string): void {
    this.#state = state;
    if (state === 'busy') byId('failure', HTMLElement).hidden = true;
    setText(this.#status, status);
    this.#render();
  }

  /** Figures and curves, once per frame at most. */
  #draw(): void {
    if (this.#frame !== undefined) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = undefined;
      const { curves } = this.#run?.recorder ?? new CurveRecorder(1, 1);
      const epochs = this.#run?.target ?? 1;
      this.#accuracyChart.update(curves.trainAccuracy, curves.testAccuracy, epochs);
      this.#lossChart.update(curves.trainLoss, curves.testLoss, epochs);
      if (this.#progress !== undefined && this.#run !== undefined) this.#drawProgress(this.#progress, this.#run);
    });
  }

  #drawProgress({ epoch, stepInEpoch, stepsPerEpoch, imagesPerSecond, stepMilliseconds }: Progress, run: { target: number; epoch: number }): void {
    const steps = (epoch - 1) * stepsPerEpoch + stepInEpoch;
    const all = run.target * stepsPerEpoch;
    byId('progress', HTMLProgressElement).value = steps / all;
    setText(byId('speed', HTMLElement), formatNumber(imagesPerSecond));
    setText(byId('step-time', HTMLElement), formatMilliseconds(stepMilliseconds));
    const resting = this.#state === 'rest' && run.epoch >= run.target;
    setText(byId('time-left', HTMLElement), resting ? 'none' : formatSeconds(expectedSeconds(all - steps, run.target - run.epoch, stepMilliseconds)));
  }

  /** Which controls work, and the expected time. */
  #render(): void {
    const running = this.#state === 'busy' || this.#state === 'stopping';
    const usable = this.#state !== 'unusable';
    byId('choices', HTMLFieldSetElement).disabled = running || !usable;
    byId('start', HTMLButtonElement).disabled = running || !usable;
    setText(byId('start', HTMLButtonElement), this.#run === undefined ? 'Start' : 'Start anew');
    byId('stop', HTMLButtonElement).disabled = this.#state !== 'busy';
    const more = this.#state === 'rest' && this.#epochs.checkValidity() && this.#epochs.valueAsNumber > (this.#run?.epoch ?? Infinity);
    byId('continue', HTMLButtonElement).disabled = !more;
    byId('test-image', HTMLButtonElement).disabled = !usable;
    setText(byId('expected', HTMLElement), usable ? this.#expected() : '');
  }

  #expected(): string {
    const { images, epochs } = this.#settings;
    if (!(epochs >= 1)) return 'Give a number of epochs.';
    const step = this.#measuredStep ?? ASSUMED_STEP_MILLISECONDS[this.#adapter];
    const seconds = expectedSeconds(epochs * stepsPerEpoch(images), epochs, step);
    const source = this.#measuredStep === undefined ? `guessed from ${step} ms per step on a ${this.#adapter} adapter` : `from the measured ${formatMilliseconds(step)} per step`;
    const smaller = this.#adapter !== 'hardware' && images > DEFAULTS[this.#adapter].images ? ' Fewer training images make it shorter.' : '';
    return `Expected time: ${formatSeconds(seconds)} (${source}).${smaller}`;
  }
}

void new Page();
