import { ClusterError } from '@solo-kubelet/cluster-client';
import { Subject, VirtualTimeScheduler } from 'rxjs';
import { expect, it } from 'vitest';
import type { NodeObject } from './core/node-patch.js';
import { keepCsiNode } from './keep-csi-node.js';
import type { Report } from './report.js';

const refused = (status: number): ClusterError =>
  new ClusterError({ code: 'CLUSTER_REFUSED', message: `answered ${status}`, status, retryable: false });
const as = (uid: string): NodeObject => ({ metadata: { name: 'n', uid } });

/** A server of one object, which refuses what it is told to. */
const server = () => {
  const asked: string[] = [];
  const state: { held: unknown; refuses: boolean } = { held: undefined, refuses: false };
  const request = async ({ method, body }: { readonly method: string; readonly body?: unknown }): Promise<unknown> => {
    asked.push(method);
    if (state.refuses) throw refused(500);
    if (method !== 'GET') state.held = body;
    if (state.held === undefined) throw refused(404);
    return state.held;
  };
  return { asked, state, request: request as Parameters<typeof keepCsiNode>[0]['api']['request'] };
};
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('makes the CSINode of a Node once, and gives it to another Node of the name', async () => {
  const api = server();
  const node$ = new Subject<NodeObject | undefined>();
  const running = keepCsiNode({ api, nodeName: 'n', node$ }).subscribe();
  for (const node of [undefined, as('one'), as('one')]) node$.next(node);
  await settled();
  expect(api.asked).toEqual(['GET', 'POST']);
  node$.next(as('two'));
  await settled();
  expect(api.asked.slice(2)).toEqual(['GET', 'PUT']);
  expect(api.state.held).toMatchObject({ metadata: { ownerReferences: [{ uid: 'two' }] } });
  running.unsubscribe();
});

it('tries again, ever more seldom, and not any more once it went well', async () => {
  const api = server();
  api.state.refuses = true;
  const scheduler = new VirtualTimeScheduler();
  const node$ = new Subject<NodeObject | undefined>();
  const reports: Report['type'][] = [];
  const running = keepCsiNode({ api, nodeName: 'n', node$, scheduler }).subscribe(({ type }) => reports.push(type));
  node$.next(as('one'));
  const waits: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    await settled();
    const before = scheduler.now();
    if (round === 7) api.state.refuses = false;
    const [next] = scheduler.actions;
    scheduler.maxFrames = next!.delay;
    scheduler.flush();
    waits.push(scheduler.now() - before);
  }
  await settled();
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1_000));
  expect(reports.at(-1)).toBe('done');
  expect(scheduler.actions).toEqual([]);
  running.unsubscribe();
});
