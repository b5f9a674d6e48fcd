import { describe, expect, it } from 'vitest';
import { expectClose } from './close.ts';

describe('expectClose', () => {
  it('accepts what is inside absolute + relative * |want|, and equal infinities', () => {
    expectClose('x', [1.1, 0.05, Infinity], [1, 0, Infinity], 0.05, 0.05 + 1e-12);
  });

  it.each([
    ['just outside', [1.11], [1]],
    ['NaN for a number', [NaN], [0]],
    ['NaN for NaN', [NaN], [NaN]],
    ['NaN for infinity', [NaN], [Infinity]],
    ['infinity of the other sign', [-Infinity], [Infinity]],
    ['a number for infinity', [1e308], [Infinity]],
    ['infinity for a number', [Infinity], [1]],
    ['another length', [1, 2], [1]],
  ])('refuses %s', (_, got, want) => {
    expect(() => expectClose('x', got, want, 0.05, 0.05)).toThrow(/^x: /);
  });

  it('names the first and the worst element', () => {
    expect(() => expectClose('h', [0, 2, 9], [0, 0, 0], 0, 1)).toThrow('h: 2 of 3 wrong; first [1] 2 instead of 0, worst [2] 9 instead of 0');
  });
});
