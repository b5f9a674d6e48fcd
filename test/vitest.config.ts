import { readFile } from 'node:fs/promises';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { packedDriver, packedFolder } from '../src/device/packed.ts';

/** Files of the longer tier, `npm run test:more`, are named so; all others are of `npm test`. */
const MORE = 'test/**/*.more.test.ts';

/** Tests, and the programs they start, see the packed driver alone: what others say or compute is no matter of theirs. */
async function ownDriver(): Promise<Record<string, string>> {
  const folder = await packedFolder('swiftshader');
  if (folder !== undefined) return packedDriver(folder);
  if (process.platform === 'linux' && process.arch === 'x64') throw new Error('The packed driver is not there. Run npm ci.');
  return {}; // There is none for this machine: its own must do.
}

/** Files that take longest, and so begin first: else the last of them would run alone, and leave a core idle. */
const LONGEST = [
  'graphs/graphs-1.more', 'graphs/graphs-2.more', 'hosts/chrome.more', 'kernels/mutation.more', 'hosts/node.more',
  'hosts/node', 'train/golden', 'cli/train', 'graphs/graphs', 'demo/page', 'reference/pairs', 'cli/compare',
].map((name) => `/test/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rest = await super.sort(files);
    const first = LONGEST.flatMap((name) => rest.filter(({ moduleId }) => moduleId.endsWith(name)));
    return [...new Set([...first, ...rest])];
  }
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
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    allowOnly: false,
    env: await ownDriver(),
  },
}));
