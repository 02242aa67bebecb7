import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom, from, lastValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { fileGuardStore } from '../src/rx/index.js';

it('the last of several writes and removals of an entry that are asked for at once is what stays', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'entries-'));
  const store = fileGuardStore({ directory });
  const save = (trialMs: number) => lastValueFrom(from(store.save('default/web', { trialMs })));
  const remove = () => lastValueFrom(from(store.remove('default/web')), { defaultValue: undefined });
  await Promise.all([save(1), remove(), save(2), save(3)]);
  expect([...(await firstValueFrom(from(store.load())))]).toEqual([['default/web', { trialMs: 3 }]]);
  await Promise.all([save(4), save(5), remove()]);
  expect(await readdir(directory)).toEqual([]);
  await rm(directory, { recursive: true });
});
