/**
 * The program browser.test.ts interrupts: on Ctrl-C it still uses its browser, as a command that saves does,
 * and then closes it.
 */
import { launchBrowser } from '../../src/cli/browser.ts';

const { browser, adapterReport } = await launchBrowser({ software: 'only' });
const page = await browser.newPage();
const staysAlive = setInterval(() => {}, 1000);
process.once('SIGINT', () => {
  // Time for a signal that reached the browser too to have done its work.
  setTimeout(() => {
    void page.evaluate(() => 6 * 7).then(
      async (answer) => {
        await browser.close();
        clearInterval(staysAlive);
        console.log(`after Ctrl-C: ${answer}`);
      },
      (error: unknown) => {
        console.log(`after Ctrl-C: ${String(error)}`);
        process.exit(1);
      },
    );
  }, 200);
});
console.log(`ready ${browser.process()?.pid} ${adapterReport.name}`);
