/** States in files: of another layout, of an older version, damaged. */
import { expect, test } from 'vitest';
import { BadFileError } from '../../src/errors.ts';
import { CHECKSUMS } from '../../src/files/checksums.ts';
import { readSafetensors, writeSafetensors } from '../../src/files/safetensors.ts';
import type { Rule } from '../../src/kernels/rule.ts';
import { Arena } from '../../src/model/arena.ts';
import { readState, writeState, type FileLayout } from '../../src/optim/files.ts';
import type { Tensor } from '../../src/optim/tensors.ts';

/** Of one square weight: its shape is the same either way. */
const square = (layout: 'in-out' | 'out-in'): FileLayout => ({
  tensors: [{ name: 'w', length: 16, shape: [16], offset: 0, unit: { inputs: 4, outputs: 4, layout } } as unknown as Tensor],
  rule: { name: 'momentum' } as Rule,
  arena: new Arena({ stride: 64 }, 1, ['momentum']),
});

const state = new Float32Array(64).fill(0.5, 0, 16);
const progress = { step: 3, skipped: 0, l1Totals: [0], rates: [0.1] };
const file = writeState(square('in-out'), { progress, state });

test('the state of a square weight is not taken for that of the turned one', () => {
  expect(readState(square('in-out'), file, 'f')).toEqual({ progress, state });
  expect(() => readState(square('out-in'), file, 'f')).toThrow(BadFileError);
  expect(() => readState(square('out-in'), file, 'f')).toThrow(/^f: its weights lie as \["in-out"\], those of this optim as \["out-in"\]/);
});

test('a flipped bit is seen and named', () => {
  const broken = file.slice();
  broken[broken.length - 3]! ^= 1;
  expect(() => readState(square('in-out'), broken, 'f')).toThrow(/^f: the bytes of "tensor optimizer\.momentum\.w"/);
});

test('files of format 1, without checksums and layouts, are read', () => {
  const { tensors, metadata } = readSafetensors(file);
  delete metadata[CHECKSUMS];
  metadata['gradshader.optim'] = metadata['gradshader.optim']!.replace('"layouts":["in-out"],', '');
  expect(metadata['gradshader.optim']).not.toContain('layouts');
  const old = writeSafetensors(tensors, { ...metadata, 'gradshader.optim.format': '1' });
  expect(readState(square('out-in'), old, 'f')).toEqual({ progress, state });
  expect(() => readState(square('in-out'), writeSafetensors(tensors, metadata), 'f')).toThrow(/checksums .* are missing/);
});
