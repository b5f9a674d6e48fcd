/** The drawing pad: mouse, finger or pen on a canvas. Ink is the canvas's alpha, so that the CSS may colour it. */

import { SIDE, type Ink } from './digit.ts';

/** A multiple of 28, about what is shown: reading it back stays far below a frame. */
const SIZE = 10 * SIDE;
/** A digit that fills the pad's middle gets strokes of 2 to 3 of the 20 pixels, as in MNIST. */
const PEN = SIZE / 12;

export class Pad {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #changed: () => void;
  #last: { readonly id: number; readonly x: number; readonly y: number } | undefined;
  #shown = false;

  /** `changed` is called on every stroke, clear or shown image. */
  constructor(canvas: HTMLCanvasElement, changed: () => void) {
    this.#canvas = canvas;
    this.#changed = changed;
    canvas.width = SIZE;
    canvas.height = SIZE;
    // Read after every stroke: kept in main memory.
    this.#context = canvas.getContext('2d', { willReadFrequently: true })!;
    canvas.addEventListener('pointerdown', (event) => this.#begin(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    for (const name of ['pointerup', 'pointercancel'] as const) canvas.addEventListener(name, (event) => this.#end(event));
  }

  clear(): void {
    this.#context.clearRect(0, 0, SIZE, SIZE);
    this.#shown = false;
    this.#changed();
  }

  /** Shows a 28 x 28 image in place of a drawing; the next stroke begins a new one. */
  show(pixels: Uint8Array): void {
    this.#context.clearRect(0, 0, SIZE, SIZE);
    const scale = SIZE / SIDE;
    pixels.forEach((value, i) => {
      this.#context.fillStyle = `rgb(0 0 0 / ${value / 255})`;
      this.#context.fillRect((i % SIDE) * scale, Math.floor(i / SIDE) * scale, scale, scale);
    });
    this.#shown = true;
  }

  ink(): Ink {
    const { data } = this.#context.getImageData(0, 0, SIZE, SIZE);
    const values = new Uint8Array(SIZE * SIZE);
    for (let i = 0; i < values.length; i++) values[i] = data[4 * i + 3]!;
    return { values, width: SIZE, height: SIZE };
  }

  #at(event: PointerEvent): { id: number; x: number; y: number } {
    const box = this.#canvas.getBoundingClientRect();
    const scale = SIZE / box.width;
    return { id: event.pointerId, x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
  }

  #begin(event: PointerEvent): void {
    if (this.#last !== undefined || event.button !== 0) return;
    event.preventDefault();
    this.#canvas.setPointerCapture(event.pointerId);
    if (this.#shown) this.clear();
    const point = this.#at(event);
    this.#last = point;
    this.#context.fillStyle = '#000';
    this.#context.beginPath();
    this.#context.arc(point.x, point.y, PEN / 2, 0, 2 * Math.PI);
    this.#context.fill();
    this.#changed();
  }

  #move(event: PointerEvent): void {
    if (this.#last?.id !== event.pointerId) return;
    const context = this.#context;
    context.lineWidth = PEN;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.strokeStyle = '#000';
    context.beginPath();
    context.moveTo(this.#last.x, this.#last.y);
    // All positions since the last frame, for smooth curves; a made-up event has none.
    const events = event.getCoalescedEvents();
    for (const one of events.length > 0 ? events : [event]) {
      this.#last = this.#at(one);
      context.lineTo(this.#last.x, this.#last.y);
    }
    context.stroke();
    this.#changed();
  }

  #end(event: PointerEvent): void {
    if (this.#last?.id === event.pointerId) this.#last = undefined;
  }
}
