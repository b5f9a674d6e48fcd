import { describe, expect, it } from 'vitest';
import { expectClose, expectWords, Mismatch } from '../cases/compare.ts';

describe('expectClose', () => {
  it('accepts what is inside absolute + relative * |want|, and equal infinities', () => {
    expectClose('x', [1.1, 0.05, Infinity, -Infinity], [1, 0, Infinity, -Infinity], 0.05, 0.05 + 1e-12);
    expectClose('bounds of zero', [-0, 1e-300], [0, 1e-300], 0, 0);
    expectClose('nothing', [], [], 0, 0);
  });

  it.each([
    ['just outside', [1.11], [1]],
    ['NaN for a number', [NaN], [0]],
    ['a number for NaN', [0], [NaN]],
    ['NaN for NaN', [NaN], [NaN]],
    ['NaN for infinity', [NaN], [Infinity]],
    ['infinity for NaN', [Infinity], [NaN]],
    ['infinity of the other sign', [-Infinity], [Infinity]],
    ['a number for infinity', [1e308], [Infinity]],
    ['infinity for a number', [Infinity], [1]],
    ['another length', [1, 2], [1]],
    ['nothing at all', [], [1]],
  ])('refuses %s', (_, got, want) => {
    expect(() => expectClose('x', got, want, 0.05, 0.05)).toThrow(Mismatch);
    expect(() => expectClose('x', got, want, 0.05, 0.05)).toThrow(/^x: /);
  });

  it('is not fooled by a bound that is not finite', () => {
    expect(() => expectClose('x', [1], [Infinity], 1, 1)).toThrow(Mismatch);
    expect(() => expectClose('x', [1], [2], NaN, 0)).toThrow(Mismatch);
  });

  it('names the count, the first and the worst element', () => {
    expect(() => expectClose('h', [0, 2, 9], [0, 0, 0], 0, 1)).toThrow(
      'h: 2 of 3 wrong; first [1] 2 instead of 0, worst [2] 9 instead of 0 (error 9, allowed 1)',
    );
    expect(() => expectClose('h', [3, NaN, 9], [0, 0, 0], 0, 1)).toThrow('worst [1] NaN instead of 0');
  });

  it('names row and column of a matrix', () => {
    expect(() => expectClose('h', [0, 0, 0, 0, 0, 2], [0, 0, 0, 0, 0, 0], 0, 1, 3)).toThrow('first [1, 2] 2 instead of 0');
  });
});

describe('expectWords', () => {
  it('accepts equal words and names the first other one', () => {
    expectWords('w', Uint32Array.of(1, 0xffffffff), [1, 0xffffffff]);
    expect(() => expectWords('w', [1, 16], [1, 0xffffffff])).toThrow('w: word 1 is 0x00000010 instead of 0xffffffff');
    expect(() => expectWords('w', [1], [1, 2])).toThrow(Mismatch);
  });
});
