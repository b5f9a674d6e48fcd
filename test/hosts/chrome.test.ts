/**
 * A look at headless Chrome: what the device must do, how parameters begin, and the first case of every kernel through every tile family.
 * All cases run there in the longer tier.
 */
import { expect, test } from 'vitest';
import { kernels } from '../../src/kernels/index.ts';
import { deviceCases } from '../cases/device.ts';
import { kernelCases } from '../cases/index.ts';
import { initCases } from '../cases/inits.ts';
import type { KernelCase } from '../cases/run-kernel.ts';
import { FAMILIES } from '../cases/tiles.ts';
import { testInChrome } from './in-chrome.ts';

/** The kernel, and the tile family that the case's name says, if any. */
const kindOf = ({ kernel, name }: KernelCase): string =>
  `${kernel} ${FAMILIES.find((family) => name.includes(family.name))?.name ?? ''}`;

const firsts = [...new Map([...kernelCases].reverse().map((one) => [kindOf(one), one])).values()].reverse();

test('every kernel is among them, the products once for direct tiles and once for each family', () => {
  expect(new Set(firsts.map(({ kernel }) => kernel))).toEqual(new Set(kernels.map(({ name }) => name)));
  const products = firsts.filter(({ kernel }) => kernel === 'dense-forward');
  expect(products).toHaveLength(1 + FAMILIES.length);
});

await testInChrome([...deviceCases, ...initCases, ...firsts]);
