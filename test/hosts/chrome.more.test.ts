/** Every case in headless Chrome. */
import { cases } from '../cases/index.ts';
import { testInChrome } from './in-chrome.ts';

await testInChrome(cases);
