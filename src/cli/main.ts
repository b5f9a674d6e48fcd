/** What `dist/cli.js` runs: the program, where need be in a process apart. */
import { enterApart, isChatty, runApart } from './apart.ts';

const args = process.argv.slice(2);
if (!enterApart() && isChatty(args)) await runApart();
else {
  const { main } = await import('./program.ts');
  process.exitCode = await main(args);
}
