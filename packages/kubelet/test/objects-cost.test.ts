import { expect, it } from 'vitest';
import { costOf } from './read-objects.js';

it('reads objects and makes the Pods of workloads at a cost for each that does not grow with their number', async () => {
  await costOf(200);
  const few = await costOf(200);
  const many = await costOf(2_000);
  console.info(
    `objects: ${few.cpuMs.toFixed(2)} ms of CPU each of 200, ${many.cpuMs.toFixed(2)} of 2,000; ${(many.ms * 1_000).toFixed(0)} ms by the clock for 1,000`,
  );
  expect(many.cpuMs / few.cpuMs).toBeLessThan(2);
}, 120_000);
