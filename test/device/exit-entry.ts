/** The program exit.test.ts runs: a real dispatch, then close(), then nothing. */
import { openDevice } from '../../src/device/index.ts';
import { deviceCases } from '../cases/device.ts';

const device = await openDevice({ software: 'fallback' });
for (const one of deviceCases) await one.run(device, () => {});
await device.close();
console.log('done');
