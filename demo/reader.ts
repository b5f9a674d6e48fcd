/** The right-hand side of the page: what is drawn, as the network sees it, and what it says. */

import { SIDE, toMnist } from './digit.ts';
import { byId, setText } from './dom.ts';
import { formatPercent } from './format.ts';
import { Pad } from './pad.ts';

const CLASSES = 10;

export class Reader {
  readonly #send: (pixels: Uint8Array) => void;
  readonly #pad = new Pad(byId('pad', HTMLCanvasElement), () => this.#drawn());
  readonly #preview = byId('preview', HTMLCanvasElement).getContext('2d')!;
  readonly #answer = byId('answer', HTMLElement);
  readonly #bars: HTMLElement[];
  #pixels: Uint8Array | undefined;
  #label: number | undefined;
  #frame: number | undefined;
  /** One question at a time, and only the newest waits: the network may be busy training. */
  #asked = false;
  #again = false;
  #hasNetwork = false;

  constructor(send: (pixels: Uint8Array) => void, askTestImage: () => void) {
    this.#send = send;
    const list = byId('bars', HTMLElement);
    this.#bars = Array.from({ length: CLASSES }, (_, digit) => {
      const row = document.createElement('li');
      row.innerHTML = `<b>${digit}</b><span class="bar"><i></i></span><span class="share">–</span>`;
      list.append(row);
      return row;
    });
    byId('clear', HTMLButtonElement).addEventListener('click', () => this.#pad.clear());
    byId('test-image', HTMLButtonElement).addEventListener('click', askTestImage);
    this.#say();
  }

  /** A network exists, or changed: ask again. */
  set hasNetwork(value: boolean) {
    this.#hasNetwork = value;
    if (!value) this.#show(undefined);
    this.refresh();
  }

  refresh(): void {
    if (this.#pixels === undefined || !this.#hasNetwork) return this.#say();
    if (this.#asked) this.#again = true;
    else {
      this.#asked = true;
      this.#send(this.#pixels);
    }
  }

  showTestImage(pixels: Uint8Array, label: number): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
    this.#pad.show(pixels);
    this.#take(pixels, label);
  }

  classified(probabilities: readonly number[] | undefined): void {
    this.#asked = false;
    if (this.#again) {
      this.#again = false;
      this.refresh();
    }
    if (this.#pixels !== undefined) this.#show(probabilities);
  }

  /** Once per frame at most. */
  #drawn(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#take(toMnist(this.#pad.ink()), undefined);
    });
  }

  #take(pixels: Uint8Array | undefined, label: number | undefined): void {
    this.#pixels = pixels;
    this.#label = label;
    const image = this.#preview.createImageData(SIDE, SIDE);
    pixels?.forEach((value, i) => { image.data[4 * i + 3] = value; });
    this.#preview.putImageData(image, 0, 0);
    if (pixels === undefined) this.#show(undefined);
    this.refresh();
  }

  #show(probabilities: readonly number[] | undefined): void {
    const best = probabilities?.indexOf(Math.max(...probabilities));
    this.#bars.forEach((row, digit) => {
      const share = probabilities?.[digit];
      row.classList.toggle('best', digit === best);
      row.style.setProperty('--share', String(share ?? 0));
      setText(row.querySelector('.share')!, formatPercent(share));
    });
    this.#say(probabilities, best);
  }

  #say(probabilities?: readonly number[], best?: number): void {
    if (probabilities !== undefined && best !== undefined) {
      const truth = this.#label === undefined ? '' : ` The label says ${this.#label}.`;
      setText(this.#answer, `The network reads a ${best}.${truth}`);
    } else if (!this.#hasNetwork) {
      setText(this.#answer, 'Start training first: there is no network yet.');
    } else if (this.#pixels === undefined) {
      setText(this.#answer, 'Draw a digit.');
    }
  }
}
