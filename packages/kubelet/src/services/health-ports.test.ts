import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HealthCheck } from '@solo-kubelet/service-network';
import {
  BehaviorSubject,
  of,
  Subscription as RxSubscription,
  type SchedulerLike,
  Subject,
  type Subscription,
  VirtualTimeScheduler,
} from 'rxjs';
import { afterEach, expect, it, vi } from 'vitest';
import { type HealthPortTrouble, healthPorts } from './health-ports.js';

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

let running: Subscription | undefined;
afterEach(() => running?.unsubscribe());

const start = (scheduler = new VirtualTimeScheduler()) => {
  const checks$ = new Subject<readonly HealthCheck[]>();
  const troubles: HealthPortTrouble[] = [];
  const state = { healthy: true };
  running = healthPorts({ checks$, addresses$: new BehaviorSubject(['127.0.0.1']), isHealthy: () => state.healthy, scheduler }).subscribe(
    (trouble) => troubles.push(trouble),
  );
  return { checks$, troubles, state };
};
const check = (port: number, localEndpoints: number): HealthCheck => ({ namespace: 'shop', name: 'web', port, localEndpoints });
const answerOf = async (port: number): Promise<readonly [number, string | null, unknown]> => {
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
  return [answer.status, answer.headers.get('x-load-balancing-endpoint-weight'), await answer.json()];
};
const body = (localEndpoints: number, serviceProxyHealthy: boolean) => ({
  service: { namespace: 'shop', name: 'web' },
  localEndpoints,
  serviceProxyHealthy,
});

it('answers as kube-proxy does, and listens no more when the Service is gone', async () => {
  const port = await freePort();
  const { checks$, state, troubles } = start();
  checks$.next([check(port, 2)]);
  await vi.waitFor(async () => expect(await answerOf(port)).toEqual([200, '2', body(2, true)]));
  checks$.next([check(port, 0)]);
  expect(await answerOf(port)).toEqual([503, '0', body(0, true)]);
  checks$.next([check(port, 1)]);
  state.healthy = false;
  expect(await answerOf(port)).toEqual([503, '1', body(1, false)]);
  checks$.next([]);
  await vi.waitFor(() => expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow());
  expect(troubles).toEqual([]);
});

it('tells once of a port that somebody has, and takes it when it is free', async () => {
  const holder = createServer((_, response) => response.end('mine')).listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const scheduler = new VirtualTimeScheduler();
  const { checks$, troubles } = start(scheduler);
  checks$.next([check(port, 1)]);
  await vi.waitFor(() => expect(troubles).toHaveLength(1));
  expect(troubles[0]?.message).toContain(`healthCheckNodePort ${port} at 127.0.0.1: `);
  holder.closeAllConnections();
  await new Promise((resolve) => holder.close(resolve));
  scheduler.flush();
  await vi.waitFor(async () => expect((await answerOf(port))[0]).toBe(200));
  expect(troubles).toHaveLength(1);
});

it('tries several ports that somebody has again together, however often', async () => {
  const holders = [1, 2, 3].map(() => createServer().listen(0, '127.0.0.1'));
  await Promise.all(holders.map((holder) => once(holder, 'listening')));
  const ports = holders.map((holder) => (holder.address() as AddressInfo).port);
  let rounds = 0;
  let waiting = 0;
  let most = 0;
  const scheduler: SchedulerLike = {
    now: Date.now,
    schedule: (work: unknown) => {
      most = Math.max(most, ++waiting);
      const timer = setTimeout(() => {
        waiting -= 1;
        rounds += 1;
        (work as () => void)();
      }, 5);
      return new RxSubscription(() => clearTimeout(timer));
    },
  };
  running = healthPorts({
    checks$: of(ports.map((port) => check(port, 1))),
    addresses$: new BehaviorSubject(['127.0.0.1']),
    isHealthy: () => true,
    scheduler,
  }).subscribe();
  await vi.waitFor(() => expect(rounds).toBeGreaterThan(8));
  expect(most).toBe(1);
  for (const holder of holders) holder.close();
});
