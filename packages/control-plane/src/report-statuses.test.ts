import { type ApiRequest, ClusterError } from '@solo-kubelet/cluster-client';
import type { Pod } from '@solo-kubelet/pod-spec';
import { virtualTime } from '@solo-kubelet/reconciler/testing';
import { BehaviorSubject, of } from 'rxjs';
import { expect, it } from 'vitest';
import { type AssignedPods, emptyAssigned } from './core/assigned-pods.js';
import { reportStatuses } from './report-statuses.js';

const ended = (metadata: Partial<Pod['metadata']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '1', deletionTimestamp: '2026-01-01T00:00:00Z', ...metadata },
  spec: { containers: [{ name: 'app', image: 'a' }] },
  status: { phase: 'Succeeded' },
});

const reportOf = async (held: Pod) => {
  const time = virtualTime();
  const asked: string[] = [];
  const request = (async ({ method }: ApiRequest) => {
    asked.push(method);
    return held;
  }) as Parameters<typeof reportStatuses>[0]['api']['request'];
  const assigned$ = new BehaviorSubject<AssignedPods>({ ...emptyAssigned, synced: true, pods: new Map([['u', held]]) });
  const pods$ = of([{ pod: ended(), ofApi: true, terminating: false }]);
  const running = reportStatuses({ api: { request }, pods$, assigned$, scheduler: time.scheduler }).subscribe();
  await time.advance(0);
  return { time, asked, assigned$, running };
};

it('asks nothing more of a pod that the server has let go, whose name it may not even speak then, however late the watch is', async () => {
  const { time, asked, assigned$, running } = await reportOf(ended());
  expect(asked).toEqual(['GET', 'DELETE']);
  await time.advance(25_000);
  expect(asked).toEqual(['GET', 'DELETE']);
  assigned$.next({ ...emptyAssigned, synced: true });
  await time.advance(60_000);
  expect(asked).toEqual(['GET', 'DELETE']);
  running.unsubscribe();
});

it('lets a pod go again that is still there long after: the server may have been put back', async () => {
  const { time, asked, running } = await reportOf(ended());
  await time.advance(45_000);
  expect(asked).toEqual(['GET', 'DELETE', 'GET', 'DELETE']);
  running.unsubscribe();
});

it('goes on with a pod that finalizers keep', async () => {
  const { asked, time, running } = await reportOf(ended({ finalizers: ['x.io/kept'], deletionGracePeriodSeconds: 30 }));
  await time.advance(15_000);
  expect(asked.slice(0, 4)).toEqual(['GET', 'DELETE', 'GET', 'DELETE']);
  running.unsubscribe();
});

it('says nothing of one refusal, which a pod that has just come or gone meets, and tells of a second', async () => {
  const time = virtualTime();
  const refusal = new ClusterError({ code: 'CLUSTER_REFUSED', message: 'forbidden', status: 403, retryable: false });
  const request = (async () => {
    throw refusal;
  }) as Parameters<typeof reportStatuses>[0]['api']['request'];
  const assigned$ = of<AssignedPods>({ ...emptyAssigned, synced: true, pods: new Map([['u', ended()]]) });
  const pods$ = of([{ pod: ended(), ofApi: true, terminating: false }]);
  const failures: string[] = [];
  const running = reportStatuses({ api: { request }, pods$, assigned$, scheduler: time.scheduler }).subscribe(({ type }) =>
    failures.push(type),
  );
  await time.advance(5_000);
  expect(failures).toEqual([]);
  await time.advance(10_000);
  expect(failures).toEqual(['failed']);
  running.unsubscribe();
});
