import { testTrained } from './trained.ts';

testTrained('none');
