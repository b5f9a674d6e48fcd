/** The program that arrays.test.ts runs: shared memory at every entry that brings bytes to the GPU. */
import { dataset, dense, openDevice, sequential, sgd, shuffleTargets, softmaxCrossEntropy, split, subset, Trainer, type Dataset } from '../../src/index.ts';

function shared<T extends Float32Array | Uint32Array | Uint8Array>(values: T): T {
  const own = new (values.constructor as new (memory: SharedArrayBuffer) => T)(new SharedArrayBuffer(values.byteLength));
  own.set(values);
  return own;
}

const device = await openDevice({ software: 'fallback' });
const trainer = await Trainer.create(device, {
  model: sequential([2], [dense(2)]), loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 1 }), batchSize: 2,
});
const inputs = Float32Array.of(0, 1, 1, 0), targets = Uint32Array.of(0, 1);
const data = dataset({ inputs: shared(inputs), targets: shared(targets), shape: [2] });
await trainer.fit(data, { epochs: 1 });
const byHand = (): Dataset => ({ ...data, inputs: shared(inputs), targets: shared(targets) });
await trainer.fit(byHand(), { epochs: 2, validation: byHand() });
for (const part of [subset(byHand(), { end: 1 }), split(byHand(), { validation: 1, seed: 1 }).train, shuffleTargets(byHand(), 1)]) await trainer.evaluate(part);
await trainer.evaluate(byHand());
await trainer.verify(byHand());
await trainer.predict(byHand());
await trainer.predict(shared(inputs));
await trainer.predict(shared(Uint8Array.of(1, 2)));
await trainer.setParameters(new Map([...(await trainer.parameters())].map(([name, values]) => [name, shared(values)])));
(await Trainer.load(device, shared(await trainer.save()))).destroy();
console.log(`trained ${trainer.step}`);
trainer.destroy();
await device.close();
