import type { Pod } from '@solo-kubelet/pod-spec';
import { podUid } from '@solo-kubelet/reconciler';
import { firstValueFrom, NEVER, of, Subject } from 'rxjs';
import { expect, it } from 'vitest';
import { cpuPinningService, pinContainers, runningContainers } from './cpu-pinning-service.js';

const container = (containerName: string) => ({
  podUid: podUid('p'),
  pod: 'default/p',
  containerName,
  containerId: `id-${containerName}`,
});

const node = () => {
  const wanted: Record<string, string> = { a: '1', b: '0', c: '0' };
  const calls: string[] = [];
  const warnings: unknown[] = [];
  let broken = '';
  const deps = {
    pinned: new Map<string, string>(),
    endsAsAWhole: false,
    cpus: { containerAllocation: (_uid: string, name: string) => ({ cpusetCpus: wanted[name] ?? '' }) },
    cri: {
      runtime: {
        updateContainerResources: async ({ containerId = '', linux = {} }: { containerId?: string; linux?: { cpusetCpus?: string } }) => {
          if (containerId === broken) throw new Error('gone');
          calls.push(`${containerId}=${linux.cpusetCpus}`);
          return {};
        },
      },
    },
    logger: { warn: (...args: unknown[]) => void warnings.push(args) },
    signal: new AbortController().signal,
  } as unknown as Parameters<typeof pinContainers>[1];
  return {
    wanted,
    calls,
    warnings,
    deps,
    breakCall: (id: string) => {
      broken = id;
    },
  };
};

it('containers are put on their CPUs once, and again when these change', async () => {
  const { deps, calls, wanted } = node();
  const all = ['a', 'b'].map(container);
  await pinContainers(all, deps);
  await pinContainers(all, deps);
  expect(calls).toEqual(['id-a=1', 'id-b=0']);
  wanted['b'] = '0-1';
  await pinContainers([...all, container('c')], deps);
  expect(calls.slice(2)).toEqual(['id-b=0-1', 'id-c=0']);
});

it.each([
  [true, { 'memory.oom.group': '1' }],
  [false, {}],
])('the change of its CPUs leaves a container that ends as a whole when out of memory (%s) as it is', async (endsAsAWhole, unified) => {
  const { deps } = node();
  const sent: unknown[] = [];
  const updateContainerResources = async ({ linux }: { linux?: unknown }) => {
    sent.push(linux);
    return {};
  };
  await pinContainers([container('a')], { ...deps, endsAsAWhole, cri: { runtime: { updateContainerResources } } } as typeof deps);
  expect(sent).toMatchObject([{ cpusetCpus: '1', memoryLimitInBytes: 0n, unified }]);
  expect(Object.keys((sent[0] as { unified: object }).unified)).toEqual(Object.keys(unified));
});

it('one that can not be moved holds up no other, and is tried again', async () => {
  const { deps, calls, warnings, breakCall } = node();
  breakCall('id-a');
  await pinContainers(['a', 'b'].map(container), deps);
  expect([calls, warnings.length]).toEqual([['id-b=0'], 1]);
  breakCall('');
  await pinContainers(['a', 'b'].map(container), deps);
  expect(calls).toEqual(['id-b=0', 'id-a=1']);
});

it('only containers that run are moved, by the id that the runtime knows', () => {
  const uid = podUid('p');
  const running = { running: { startedAt: '2026-01-01T00:00:00Z' } };
  const pod = {
    metadata: { name: 'p', namespace: 'default', uid },
    spec: { containers: [] },
    status: {
      phase: 'Running',
      initContainerStatuses: [{ name: 'side', containerID: 'containerd://s', state: running }],
      containerStatuses: [
        { name: 'app', containerID: 'containerd://x', state: running },
        { name: 'old', containerID: 'containerd://y', state: { terminated: { exitCode: 0 } } },
        { name: 'new', state: { waiting: {} } },
      ],
    },
  } as unknown as Pod;
  const view = { podUid: uid, pod, origin: undefined, terminating: false, waitingForName: false };
  expect(runningContainers(new Map([[uid, view]])).map(({ containerId }) => containerId)).toEqual(['s', 'x']);
  const ended = { ...view, pod: { ...pod, status: { phase: 'Failed' as const } } };
  expect(runningContainers(new Map([[uid, ended]]))).toEqual([]);
});

it('a resize of the container, which may have been made up with earlier CPUs, is followed by a move to those that it has now', async () => {
  const { deps } = node();
  const moved$ = new Subject<string>();
  const activity$ = new Subject<unknown>();
  const uid = podUid('p');
  const status = {
    phase: 'Running',
    containerStatuses: [{ name: 'a', containerID: 'containerd://id-a', state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }],
  };
  const pod = { metadata: { name: 'p', namespace: 'default', uid }, spec: { containers: [] }, status } as unknown as Pod;
  const updateContainerResources = async ({ containerId, linux }: { containerId: string; linux: { unified: object } }) => {
    expect(linux.unified).toEqual({ 'memory.oom.group': '1' });
    moved$.next(containerId);
  };
  const context = {
    ...deps,
    config: { cpuManagerReconcilePeriod: 3_600_000 },
    cgroups: { version: 2 },
    resources: { cpus: deps.cpus, poolChanged$: NEVER },
    reconciler: {
      pods$: of(new Map([[uid, { podUid: uid, pod, origin: undefined, terminating: false, waitingForName: false }]])),
      activity$,
    },
    cri: { runtime: { updateContainerResources } },
  } as unknown as Parameters<typeof cpuPinningService>[0];
  const first = firstValueFrom(moved$);
  const running = cpuPinningService(context).subscribe();
  expect(await first).toBe('id-a');
  const again = firstValueFrom(moved$);
  activity$.next({ type: 'actionSucceeded', action: { type: 'resizePod' } });
  activity$.next({ type: 'actionSucceeded', action: { type: 'updateResources', containerId: 'id-a' } });
  expect(await again).toBe('id-a');
  running.unsubscribe();
});
