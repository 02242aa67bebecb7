import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import { podUid } from '@solo-kubelet/reconciler';
import {
  container,
  type FakeRuntimeOptions,
  fakeRuntime,
  nodeFacts,
  pod,
  testKubelet,
  virtualTime,
} from '@solo-kubelet/reconciler/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { PodRecord, StatusStore } from '../src/status-store.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

const machine = async (options: Partial<FakeRuntimeOptions> = {}) => {
  const time = virtualTime();
  const { scheduler } = time;
  const runtime = fakeRuntime({ scheduler, ...options });
  const kubelet = testKubelet({ runtime, scheduler });
  cleanups.push(() => kubelet.stop());
  kubelet.synced();
  await time.advance(10);
  const status = (uid: string): PodStatus | undefined => kubelet.view(uid)?.pod.status;
  const starts = (): number => runtime.calls.filter(({ method }) => method === 'startContainer').length;
  return { time, runtime, kubelet, status, starts };
};
const deleted = (wanted: Pod, graceSeconds: number): Pod => ({
  ...wanted,
  metadata: { ...wanted.metadata, deletionTimestamp: '2026-01-01T00:00:10Z', deletionGracePeriodSeconds: graceSeconds },
});

describe('a pod of an API server', () => {
  it.each([
    ['Succeeded', 0],
    ['Failed', 143],
  ] as const)('whose deletion is asked for stops with its grace and is %s when its container ends with %i', async (phase, stopsWith) => {
    const { time, kubelet, status, runtime } = await machine({ script: () => ({ stopsWith, stopsAfterMs: 3_000 }) });
    const web = pod('web');
    kubelet.assign(web);
    await time.advance(2_000);
    expect(status('uid-web')?.phase).toBe('Running');
    kubelet.assign(deleted(web, 7));
    await time.advance(2_000);
    expect(status('uid-web')?.phase).toBe('Running');
    await time.advance(3_000);
    expect(status('uid-web')).toMatchObject({ phase, containerStatuses: [{ state: { terminated: { exitCode: stopsWith } } }] });
    expect(status('uid-web')?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('False');
    // It stays until the server has heard of its end.
    await time.advance(60_000);
    expect(status('uid-web')?.phase).toBe(phase);
    kubelet.unassign('uid-web');
    await time.advance(5_000);
    expect(kubelet.view('uid-web')).toBeUndefined();
    expect(runtime.cleaned.has(podUid('uid-web'))).toBe(true);
    expect(runtime.violations).toEqual([]);
  });

  it('that never ran has failed when its deletion is asked for', async () => {
    const { time, kubelet, status, starts } = await machine({ pullMs: () => undefined });
    const web = pod('web');
    kubelet.assign(web);
    await time.advance(5_000);
    kubelet.assign(deleted(web, 30));
    await time.advance(5_000);
    expect(status('uid-web')?.phase).toBe('Failed');
    expect(starts()).toBe(0);
  });

  it('that was refused is not asked again: its controller makes another', async () => {
    const { time, kubelet, status } = await machine();
    const facts = nodeFacts();
    kubelet.node({ ...facts, allocatable: { ...facts.allocatable, cpu: '0' } });
    const needs = { containers: [container('app', { resources: { requests: { cpu: '1' } } })] };
    kubelet.assign(pod('web', needs));
    kubelet.apply(pod('static', needs));
    await time.advance(1_000);
    expect(status('uid-web')).toMatchObject({ phase: 'Failed', reason: 'OutOfcpu' });
    kubelet.node(facts);
    await time.advance(5_000);
    expect(status('uid-web')).toMatchObject({ phase: 'Failed', reason: 'OutOfcpu' });
    expect(status('uid-static')?.phase).toBe('Running');
  });

  it('goes on waiting for its back-off when only its labels change, and starts at once when its spec does', async () => {
    const { time, kubelet, starts } = await machine({ script: () => ({ runsForMs: 100, exitCode: 1 }) });
    const web = pod('web');
    kubelet.assign(web);
    await time.advance(15_000); // started at 0, at once again, and after 10 s
    expect(starts()).toBe(3);
    const labelled = { ...web, metadata: { ...web.metadata, labels: { a: 'b' } } };
    kubelet.assign(labelled);
    await time.advance(5_000);
    expect(starts()).toBe(3);
    kubelet.assign({ ...labelled, spec: { ...web.spec, containers: [container('app', { image: 'app:2' })] } });
    await time.advance(1_000);
    expect(starts()).toBe(4);
  });

  it('starts beside one of its name that still ends', async () => {
    const { time, kubelet, status } = await machine({ script: () => ({ stopsAfterMs: 20_000 }) });
    const old = pod('web', {}, { uid: 'old' });
    kubelet.assign(old);
    await time.advance(2_000);
    kubelet.assign(deleted(old, 30));
    kubelet.assign(pod('web', {}, { uid: 'new' }));
    await time.advance(2_000);
    expect(status('old')?.phase).toBe('Running');
    expect(status('new')?.phase).toBe('Running');
  });

  it('that has ended for the server does not run again after a kubelet that left no record', async () => {
    const { time, kubelet, status, starts } = await machine();
    kubelet.assign({ ...pod('job'), status: { phase: 'Failed', reason: 'Evicted', message: 'm' } });
    await time.advance(5_000);
    expect(starts()).toBe(0);
    expect(status('uid-job')).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: 'm' });
  });

  it.each(['Failed', 'Succeeded'] as const)(
    'of which somebody says that it has %s ends with its own grace, and for good',
    async (phase) => {
      const { time, kubelet, status, starts, runtime } = await machine({ script: () => ({ stopsAfterMs: 3_000 }) });
      const web = pod('web', { terminationGracePeriodSeconds: 10 });
      kubelet.assign(web);
      await time.advance(2_000);
      kubelet.assign({ ...web, status: { phase, reason: 'NodeLost', message: 'm' } });
      await time.advance(2_000);
      // It is not over while anything of it runs.
      expect(status('uid-web')?.phase).toBe('Running');
      await time.advance(2_000);
      expect(status('uid-web')).toMatchObject({
        phase,
        reason: 'NodeLost',
        message: 'm',
        containerStatuses: [{ state: { terminated: {} } }],
      });
      expect(status('uid-web')?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('False');
      kubelet.assign({ ...web, status: { phase: 'Running' } });
      kubelet.assign({ ...web, metadata: { ...web.metadata, labels: { a: 'b' } } });
      await time.advance(60_000);
      expect(status('uid-web')?.phase).toBe(phase);
      expect(starts()).toBe(1);
      expect(runtime.violations).toEqual([]);
    },
  );

  it('of which somebody said while the kubelet was away that it has ended, ends', async () => {
    const time = virtualTime();
    const { scheduler } = time;
    const runtime = fakeRuntime({ scheduler });
    const records = new Map<string, PodRecord>();
    const store: StatusStore = {
      load: async () => [...records.values()],
      save: async (record) => void records.set(record.podUid, record),
      remove: async (uid) => void records.delete(uid),
    };
    const web = pod('web');
    const before = testKubelet({ runtime, scheduler, store });
    cleanups.push(() => before.stop());
    before.synced();
    before.assign(web);
    await time.advance(5_000);
    before.stop();
    expect(records.size).toBe(1);
    const after = testKubelet({ runtime, scheduler, store });
    cleanups.push(() => after.stop());
    after.assign({ ...web, status: { phase: 'Failed', reason: 'NodeLost' } });
    after.synced();
    await time.advance(60_000);
    expect(after.view('uid-web')?.pod.status).toMatchObject({ phase: 'Failed', reason: 'NodeLost' });
    expect(runtime.calls.filter(({ method }) => method === 'startContainer')).toHaveLength(1);
    expect([...runtime.pods.values()].flatMap(({ containers }) => containers).some(({ state }) => state === 'running')).toBe(false);
  });

  it('is Ready once the conditions of its gates are there', async () => {
    const { time, kubelet, status } = await machine();
    const gated = pod('web', { readinessGates: [{ conditionType: 'x.io/fed' }] });
    const ready = () => status('uid-web')?.conditions?.find(({ type }) => type === 'Ready');
    kubelet.assign(gated);
    await time.advance(2_000);
    expect(ready()).toMatchObject({ status: 'False', reason: 'ReadinessGatesNotReady' });
    kubelet.assign({ ...gated, status: { phase: 'Running', conditions: [{ type: 'x.io/fed', status: 'True' }] } });
    await time.advance(100);
    expect(ready()).toMatchObject({ status: 'True' });
  });
});
