/** The fresh process of resume.test.ts: loads the checkpoint named first, trains on, writes what came of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { openDevice } from '../../src/device/index.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { fitAll, tensorBits, trainingData, validationData } from '../cases/network/support.ts';

const [checkpoint, result] = process.argv.slice(2) as [string, string];
const device = await openDevice({ software: 'fallback' });
const trainer = await Trainer.load(device, new Uint8Array(readFileSync(checkpoint)), { file: checkpoint, verify: 'off' });
const history = await fitAll(trainer, trainingData(), { epochs: 3, validation: validationData() });
writeFileSync(result, JSON.stringify({ history, bits: await tensorBits(trainer) }));
trainer.destroy();
await device.close();
