import type { Pod } from '@solo-kubelet/pod-spec';
import { BehaviorSubject, Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodeActivity, PodActivity } from './core/activity.js';
import { type PodUid, podUid } from './core/pod-identity.js';
import type { PodView } from './core/pod-view.js';
import { keepPinned } from './keep-pinned.js';
import { container, pod, type VirtualTime, virtualTime } from './testing/index.js';

const uid = podUid('p');
const running = { running: { startedAt: '2026-01-01T00:00:00Z' } };
const viewOf = (names: readonly string[], more: Partial<Pod['status']> = {}): ReadonlyMap<PodUid, PodView> => {
  const it = pod('p');
  const containerStatuses = names.map((name) => ({
    name,
    containerID: `containerd://id-${name}`,
    state: running,
    lastState: {},
    ready: true,
    restartCount: 0,
    image: 'app:1',
    imageID: '',
  }));
  const status = { phase: 'Running', containerStatuses, ...more } as const;
  return new Map([[uid, { podUid: uid, pod: { ...it, status }, origin: undefined, terminating: false, waitingForName: false }]]);
};

describe('CPUs of containers', () => {
  let wanted: Record<string, string>;
  let calls: string[];
  let told: NodeActivity[];
  let broken: string;
  let time: VirtualTime;
  const pods$ = new BehaviorSubject<ReadonlyMap<PodUid, PodView>>(new Map());
  const changed$ = new Subject<void>();
  const activity$ = new Subject<PodActivity>();
  let stop = (): void => {};

  beforeEach(() => {
    [wanted, calls, told, broken, time] = [{ a: '1', b: '0', c: '0' }, [], [], '', virtualTime()];
    pods$.next(viewOf(['a', 'b']));
    const runtime = {
      pinContainer: async (id: string, cpus: string) => {
        if (id === broken) throw new Error('gone');
        calls.push(`${id}=${cpus}`);
      },
    };
    const cpus = { cpusOf: (_uid: PodUid, name: string) => wanted[name] ?? '', changed$, intervalMs: 10_000 };
    const work = keepPinned({ cpus, pods$, activity$, runtime, scheduler: time.scheduler }).subscribe((activity) => told.push(activity));
    stop = () => work.unsubscribe();
  });
  afterEach(() => stop());

  it('are written once, and again within a tenth of a second of their change', async () => {
    await time.advance(30_000);
    expect(calls).toEqual(['id-a=1', 'id-b=0']);
    wanted['b'] = '0-1';
    pods$.next(viewOf(['a', 'b', 'c']));
    changed$.next();
    await time.advance(100);
    expect(calls.slice(2)).toEqual(['id-b=0-1', 'id-c=0']);
  });

  it('that can not be written hold up no other container, are told of, and tried again', async () => {
    broken = 'id-a';
    await time.advance(1);
    expect(calls).toEqual(['id-b=0']);
    expect(told).toEqual([
      {
        type: 'pinFailed',
        podUid: uid,
        pod: 'default/p',
        containerName: 'a',
        containerId: 'id-a',
        message: expect.stringContaining('gone'),
      },
    ]);
    broken = '';
    await time.advance(10_000);
    expect(calls).toEqual(['id-b=0', 'id-a=1']);
  });

  it('are written again after a resize of the container, which may have been made up with earlier ones', async () => {
    await time.advance(100);
    const action = { type: 'updateResources', container: container('a'), containerId: 'id-a' } as const;
    activity$.next({ type: 'actionSucceeded', action, durationMs: 1 });
    await time.advance(100);
    expect(calls).toEqual(['id-a=1', 'id-b=0', 'id-a=1']);
  });

  it('are those of running containers of Pods that have not ended alone', async () => {
    pods$.next(viewOf(['a'], { phase: 'Failed' }));
    await time.advance(20_000);
    expect(calls).toEqual([]);
    const waiting = { name: 'b', state: { waiting: {} }, lastState: {}, ready: false, restartCount: 0, image: '', imageID: '' };
    pods$.next(viewOf(['a'], { initContainerStatuses: [waiting] }));
    await time.advance(100);
    expect(calls).toEqual(['id-a=1']);
  });

  it('are left as they are where nothing is known of them, and when the reconciler stops', async () => {
    wanted = {};
    await time.advance(20_000);
    stop();
    wanted = { a: '1' };
    await time.advance(20_000);
    expect(calls).toEqual([]);
  });
});
