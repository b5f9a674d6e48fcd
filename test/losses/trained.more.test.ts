import { testTrained } from './trained.ts';

testTrained('full');
