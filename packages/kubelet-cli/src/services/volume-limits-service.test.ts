import { silentLogger } from '@solo-kubelet/diagnostics';
import type { VolumeUsage } from '@solo-kubelet/pod-environment';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { PodUid, PodView, ReconcilerCommand } from '@solo-kubelet/reconciler';
import { BehaviorSubject } from 'rxjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { KubeletContext } from '../run/kubelet-services.js';
import { volumeLimitsService } from './volume-limits-service.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const view = (uid: string, phase: string, sizeLimit?: string): PodView => ({
  podUid: uid as PodUid,
  pod: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: uid, namespace: 'default', uid },
    spec: { containers: [], volumes: [{ name: 'disk', emptyDir: sizeLimit === undefined ? {} : { sizeLimit } }] },
    status: { phase },
  } as Pod,
  origin: undefined,
  terminating: false,
  waitingForName: false,
});

it('evicts pods whose volume is over its limit, measures nobody else, and goes on after a failure', async () => {
  const views = [
    view('over', 'Running', '1Mi'),
    view('under', 'Running', '1Mi'),
    view('free', 'Running'),
    view('ended', 'Failed', '1Mi'),
    view('broken', 'Running', '1Mi'),
  ];
  const measured: string[] = [];
  const commands: ReconcilerCommand[] = [];
  const volumeUsage = async ({ metadata }: Pod): Promise<readonly VolumeUsage[]> => {
    measured.push(metadata.uid ?? '');
    if (metadata.uid === 'broken') throw new Error('unreadable');
    return [{ volumeName: 'disk', usedBytes: metadata.uid === 'over' ? 2 << 20 : 1 << 20, limitBytes: 1 << 20 }];
  };
  const context = {
    reconciler: { pods$: new BehaviorSubject(new Map(views.map((one) => [one.podUid, one]))) },
    environment: { volumeUsage },
    command: (command: ReconcilerCommand) => commands.push(command),
    logger: silentLogger,
    signal: new AbortController().signal,
  } as unknown as KubeletContext;
  const subscription = volumeLimitsService(context).subscribe();
  await vi.advanceTimersByTimeAsync(9_999);
  expect(measured).toEqual([]);
  await vi.advanceTimersByTimeAsync(10_001);
  subscription.unsubscribe();
  expect(measured).toEqual(['over', 'under', 'broken', 'over', 'under', 'broken']);
  const message = 'Usage of EmptyDir volume "disk" exceeds the limit "1Mi". ';
  const ended = {
    type: 'terminate',
    podUid: 'over',
    termination: { reason: 'Evicted', message, gracePeriodSeconds: 1, disruption: false },
  };
  expect(commands).toEqual([ended, ended]);
});
