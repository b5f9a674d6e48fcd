import { readFile } from 'node:fs/promises';
import { configDefaults, defineConfig } from 'vitest/config';
import { packedDriver, packedFolder } from '../src/device/packed.ts';

/** Files of the longer tier, `npm run test:more`, are named so; all others are of `npm test`. */
const MORE = 'test/**/*.more.test.ts';

/** Tests, and the programs they start, see the packed driver alone: what others say or compute is no matter of theirs. */
async function ownDriver(): Promise<Record<string, string>> {
  const folder = await packedFolder('swiftshader');
  return folder === undefined ? {} : packedDriver(folder);
}

export default defineConfig(async ({ mode }) => ({
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
    include: [mode === 'more' ? MORE : 'test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(mode === 'more' ? [] : [MORE])],
    // Processes: Dawn does not survive worker threads. Two: a software GPU compiles on one core and computes on all.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    allowOnly: false,
    env: await ownDriver(),
  },
}));
