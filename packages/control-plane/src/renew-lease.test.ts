import { ClusterError } from '@solo-kubelet/cluster-client';
import { VirtualTimeScheduler } from 'rxjs';
import { expect, it } from 'vitest';
import { renewLease } from './renew-lease.js';

const SECOND = 1_000;

/** A server that answers requests by `fails`; what it was asked, and when. */
const start = (fails: (request: string) => ClusterError | undefined) => {
  const scheduler = new VirtualTimeScheduler();
  const requests: string[] = [];
  const failures: number[] = [];
  const reports: string[] = [];
  const api = {
    request: async <T>({ method, path }: { readonly method: string; readonly path: string }): Promise<T> => {
      requests.push(`${scheduler.now()} ${method}`);
      const error = fails(method);
      if (error !== undefined) throw error;
      return (path.includes('/nodes/') ? { metadata: { uid: 'u' } } : { metadata: { name: 'n', ownerReferences: [{ uid: 'u' }] } }) as T;
    },
  };
  const options = {
    nodeName: 'n',
    scheduler,
    wallNow: () => scheduler.now(),
    random: () => 0,
    onFailures: (n: number) => void failures.push(n),
  };
  const running = renewLease({ api, ...options } as Parameters<typeof renewLease>[0]).subscribe(
    ({ type, message }: { type: string; message?: string }) => reports.push(`${type} ${message ?? ''}`),
  );
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const pass = async (ms: number): Promise<void> => {
    const endMs = scheduler.now() + ms;
    await turns();
    for (;;) {
      const due = scheduler.actions.map(({ delay }) => delay).filter((atMs) => atMs <= endMs);
      scheduler.maxFrames = due.length === 0 ? endMs : Math.min(...due);
      scheduler.flush();
      scheduler.frame = scheduler.maxFrames;
      await turns();
      if (due.length === 0) return;
    }
  };
  return { requests, failures, reports, pass, end: () => running.unsubscribe() };
};
const away = (): ClusterError => new ClusterError({ code: 'CLUSTER_UNREACHABLE', message: 'away', retryable: true });

it('a renewal that fails is tried again at once: half of the time of a lease is no time to lose', async () => {
  let left = 0;
  const lease = start((method) => (method === 'PUT' && left-- > 0 ? away() : undefined));
  await lease.pass(5 * SECOND);
  lease.requests.length = 0;
  left = 2;
  await lease.pass(20 * SECOND);
  expect(lease.requests).toEqual(['10000 PUT', '10000 PUT', '10000 PUT', '20000 PUT']);
  // Two in a row are told, by which connections that are dead are closed.
  expect(lease.failures).toEqual([1, 2, 0]);
  expect(lease.reports).toEqual([]);
  lease.end();
});

it('after five it is looked for, later and later, up to seven seconds', async () => {
  let isAway = false;
  const lease = start(() => (isAway ? away() : undefined));
  await lease.pass(5 * SECOND);
  lease.requests.length = 0;
  isAway = true;
  await lease.pass(25 * SECOND);
  expect(lease.requests).toEqual([
    ...Array(5).fill('10000 PUT'),
    ...[10_200, 10_600, 11_400, 13_000, 16_200, 22_600, 29_600].map((atMs) => `${atMs} GET`),
  ]);
  isAway = false;
  await lease.pass(8 * SECOND);
  expect(lease.requests.slice(-2)).toEqual(['36600 GET', '36600 PUT']);
  expect(lease.failures.at(-1)).toBe(0);
  lease.end();
});
