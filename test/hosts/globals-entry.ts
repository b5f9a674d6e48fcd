/**
 * The program globals.test.ts runs: without the globals of each group it is given, every main path of the library.
 * Prints, per group and path, 'ok' or the error's class and message.
 */
import { readFileSync } from 'node:fs';
import {
  dataset, dense, loadIdx, openDevice, readParameters, relu, sequential, sgd, softmaxCrossEntropy, Trainer,
} from '../../src/index.ts';

const asUrl = (bytes: Uint8Array): string => `data:application/octet-stream;base64,${Buffer.from(bytes).toString('base64')}`;

const [images = '', labels = '', ...groups] = process.argv.slice(2);
const data = dataset({ inputs: Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)), targets: Array.from({ length: 16 }, (_, i) => i % 2), shape: [2] });
const config = {
  model: sequential([2], [dense(4), relu(), dense(2)]), loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 8, seed: 1,
};

const urls = { images: asUrl(readFileSync(images)), labels: asUrl(readFileSync(labels)) };

async function mainPaths(told: Record<string, string>): Promise<void> {
  const attempt = async (path: string, work: () => Promise<unknown>): Promise<void> => {
    told[path] = await work().then(() => 'ok', (error: Error) => `${error.name}: ${error.message}`);
  };
  await attempt('loadIdx', () => loadIdx({ images, labels }));
  // Node's own fetch needs many of them: only its absence is a matter of ours.
  if (typeof globalThis.fetch !== 'function') await attempt('fetched', () => loadIdx(urls));
  const device = await openDevice({ software: 'fallback' }), trainer = await Trainer.create(device, config);
  await attempt('fit', async () => { for await (const _ of trainer.fit(data, { epochs: 1, validation: data })); });
  await attempt('predict', () => trainer.predict(data.inputs as Float32Array));
  await attempt('hash', () => trainer.hash());
  let bytes = new Uint8Array();
  await attempt('save', async () => { bytes = await trainer.save(); });
  await attempt('load', async () => { (await Trainer.load(device, bytes)).destroy(); });
  await attempt('readParameters', async () => readParameters(bytes));
  trainer.destroy();
  await device.close();
}

for (const names of groups) {
  const own = names.split(',').map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  const told: Record<string, string> = {};
  for (const [name] of own) Reflect.deleteProperty(globalThis, name);
  try {
    await mainPaths(told);
  } catch (error) {
    told['device'] = `${(error as Error).name}: ${(error as Error).message}`;
  }
  for (const [name, descriptor] of own) if (descriptor !== undefined) Object.defineProperty(globalThis, name, descriptor);
  console.log(JSON.stringify(told));
}
