import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type LoginManager, startLoginManager } from '@solo-kubelet-tools/testbed';
import { asyncScheduler } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { systemdLogind } from '../../../../packages/kubelet/src/shutdown/logind.js';
import { watchShutdown } from '../../../../packages/kubelet/src/shutdown/watch-shutdown.js';

it('delays a shutdown by the protocol of logind, and takes a new lock when the shutdown is given up', async () => {
  await using login = await startLoginManager({ delaySeconds: 5 });
  const failures: unknown[] = [];
  const heard: boolean[] = [];
  const { shuttingDown$, release } = watchShutdown({ ...options(login), onFailure: (error) => failures.push(error) });
  const watch = shuttingDown$.subscribe((begins) => heard.push(begins));
  try {
    await login.said('held');
    expect(login.happened).toEqual(['ready', 'reloaded', 'held']);
    const dropIn = join(login.confDirectory, '99-kubelet.conf');
    expect(await readFile(dropIn, 'utf8')).toBe('# Kubelet logind override\n[Login]\nInhibitDelayMaxSec=30\n');
    expect((await stat(dropIn)).mode & 0o777).toBe(0o644);

    login.announce('shutdown');
    await vi.waitFor(() => expect(heard).toEqual([true]), { timeout: 10_000 });
    release();
    await login.said('released');

    login.announce('cancel');
    await login.said('held', 2);
    await vi.waitFor(() => expect(heard).toEqual([true, false]), { timeout: 10_000 });
  } finally {
    watch.unsubscribe();
  }
  await login.said('released', 2);
  expect(failures).toEqual([]);
});

it('watches again when the bus comes back, with a lock of the new one', async () => {
  await using login = await startLoginManager({ delaySeconds: 30 });
  const failures: unknown[] = [];
  const heard: boolean[] = [];
  const { shuttingDown$ } = watchShutdown({
    ...options(login),
    onFailure: (error) => failures.push((error as { readonly code?: unknown }).code),
  });
  const watch = shuttingDown$.subscribe((begins) => heard.push(begins));
  try {
    await login.said('held');
    await login.restart();
    await login.said('held', 2);
    await vi.waitFor(() => expect(failures).toContain('KUBELET_LOGIND_UNAVAILABLE'), { timeout: 10_000 });
    await vi.waitFor(
      () => {
        login.announce('shutdown');
        expect(heard).toEqual([true]);
      },
      { timeout: 20_000, interval: 200 },
    );
  } finally {
    watch.unsubscribe();
  }
});

const options = (login: LoginManager) => ({
  logind: systemdLogind({ PATH: process.env['PATH'], ...login.env }),
  requestedMs: 30_000,
  confDirectory: login.confDirectory,
  scheduler: asyncScheduler,
  signal: new AbortController().signal,
});
