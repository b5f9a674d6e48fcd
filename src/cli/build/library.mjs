// How the library is bundled for npm. The build and the tests of its size use the same words.
import { minifiedWgsl } from './minify-wgsl.mjs';

/** Options of esbuild: everything but where to. */
export const library = {
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  external: ['node:*'],
  // What is bundled is no module of a page's own loader (AMD), which papaparse would take it for.
  define: { define: 'undefined' },
  // Of Papa Parse: LICENSE has its licence whole.
  legalComments: 'eof',
  minify: true,
  // Node quotes the line of an uncaught error, and marks the column below: in one line that would be whole files.
  lineLimit: 200,
  plugins: [minifiedWgsl],
  // One copy of what the entries share, so that an error of one is instanceof the other's class.
  splitting: true,
  chunkNames: 'shared-[hash]',
  entryPoints: {
    // Not for programs: an entry, and first, so that the shaders lie side by side, which compresses best.
    kernels: 'src/kernels/index.ts',
    index: 'src/index.ts',
    optim: 'src/optim/index.ts',
    reference: 'src/reference/index.ts',
    // By name, so that package.json can leave them out of what is made for browsers.
    node: 'src/device/node.ts',
    'node-files': 'src/data/node-files.ts',
  },
};
