import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { regressions, type SmallForm } from '../../../bench/src/small-form/judge.js';
import { measureSmallForm } from '../../../bench/src/small-form/small-form.js';

/** What the small form measured when somebody last looked at it: `UPDATE_RECORDED=1` writes it anew. */
const RECORDED = fileURLToPath(new URL('../../../bench/src/small-form/recorded.json', import.meta.url));
const ROUNDS = 4;

it('Pods that start at once cost no more calls, file operations and processor time than when they were last recorded', {
  timeout: 300_000,
}, async () => {
  const measured = await measureSmallForm(ROUNDS);
  console.log(`small form: ${JSON.stringify(measured)}`);
  if (process.env['UPDATE_RECORDED']) await writeFile(RECORDED, `${JSON.stringify(measured, undefined, 2)}\n`);
  expect(regressions(measured, JSON.parse(await readFile(RECORDED, 'utf8')) as SmallForm)).toEqual([]);
});
