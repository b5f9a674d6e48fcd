import { readFile } from 'node:fs/promises';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [
    {
      name: 'text-files',
      enforce: 'pre',
      async load(id: string) {
        const file = id.split('?')[0] ?? id;
        if (!/\.(wgsl|py|sh)$/.test(file)) return undefined;
        return `export default ${JSON.stringify(await readFile(file, 'utf8'))}`;
      },
    },
  ],
  test: {
    include: ['test/**/*.test.ts'],
    // One forked process at a time: Dawn does not survive worker threads, and a software GPU takes every core.
    pool: 'forks',
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    allowOnly: false,
  },
});
