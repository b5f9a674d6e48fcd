/** The program worker.test.ts runs in threads, in children and in a copy of the environment: which adapter is there? */
import { openDevice } from '../../src/device/index.ts';

const told = await openDevice({ software: 'fallback' }).then(
  async (device) => (await device.close(), { found: device.adapter.name }),
  (error: unknown) => ({ error: String(error) }),
);
console.log(JSON.stringify(told));
