import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { EventDraft, NodeAdmissionFacts, PodUid, PodView, ReconcilerCommand } from '@solo-kubelet/reconciler';
import { virtualTime } from '@solo-kubelet/reconciler/testing';
import { BehaviorSubject, concat, NEVER, of, Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KubeletContext } from '../kubelet-services.js';
import type { Logind } from './logind.js';
import { nodeShutdownService } from './node-shutdown-service.js';

/** On a busy machine, too. */
const SOON = { timeout: 15_000, interval: 10 };

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'shutdown-'));
});
afterEach(() => rm(directory, { recursive: true }));

type Phase = 'running' | 'stopping' | 'ended';

const viewOf = (name: string, phase: Phase, spec: Partial<Pod['spec']> = {}): PodView => ({
  podUid: name as PodUid,
  pod: {
    metadata: { name, namespace: 'default', uid: name },
    spec: { containers: [], ...spec },
    status: {
      phase: phase === 'running' ? 'Running' : 'Failed',
      containerStatuses: [{ name: 'app', state: phase === 'ended' ? { terminated: {} } : { running: {} } }],
      conditions: [{ type: 'PodReadyToStartContainers', status: phase === 'ended' ? 'False' : 'True' }],
    },
  } as unknown as Pod,
  origin: undefined,
  terminating: false,
  waitingForName: false,
});

const startService = async (pods: readonly PodView[], { delayMs = 60_000, canChange = true } = {}) => {
  const time = virtualTime();
  const signal$ = new Subject<boolean>();
  const pods$ = new BehaviorSubject<ReadonlyMap<PodUid, PodView>>(new Map(pods.map((view) => [view.podUid, view])));
  const happened: string[] = [];
  const startedMs = time.scheduler.now();
  const note = (what: string): void => void happened.push(`${(time.scheduler.now() - startedMs) / 1_000} ${what}`);
  let locks = 0;
  let allowedMs = delayMs;
  const logind: Logind = {
    inhibitDelayMaxMs: async () => allowedMs,
    preparingForShutdown: async () => false,
    reload: async () => {
      note('reload');
      if (canChange) allowedMs = 30_000;
    },
    inhibit: async () => {
      locks += 1;
      return {
        release: () => {
          locks -= 1;
        },
        released: new Promise(() => {}),
      };
    },
    signal$: concat(of('watching' as const), signal$, NEVER),
  };
  const warnings: string[] = [];
  const metrics: (readonly (number | undefined)[])[] = [];
  const context = {
    config: {
      shutdownGracePeriod: 30_000,
      shutdownGracePeriodCriticalPods: 10_000,
      shutdownGracePeriodByPodPriority: [],
      featureGates: {},
    },
    flags: { rootDirectory: directory },
    reconciler: { pods$ },
    command: (command: ReconcilerCommand) => {
      if (command.type !== 'terminate') return;
      const { reason, gracePeriodSeconds, disruption } = command.termination;
      note(`${command.podUid} ${reason} ${gracePeriodSeconds} s${disruption ? '' : ' for good'}`);
      const view = pods$.value.get(command.podUid);
      if (view) pods$.next(new Map(pods$.value).set(command.podUid, viewOf(command.podUid, 'stopping', view.pod.spec)));
    },
    nodeEvent: ({ reason, message }: EventDraft) => note(`${reason}: ${message}`),
    changeFacts: ({ shuttingDown }: Partial<NodeAdmissionFacts>) => note(`shuttingDown ${shuttingDown}`),
    metrics: { gracefulShutdown: (...times: readonly (number | undefined)[]) => metrics.push(times) },
    logger: { ...silentLogger, warn: ({ err }: { readonly err: string }) => warnings.push(err) },
    signal: new AbortController().signal,
  } as unknown as KubeletContext;
  const subscription = nodeShutdownService({}, { logind, confDirectory: directory, scheduler: time.scheduler })(context).subscribe();
  await time.advance(1_000);
  return {
    happened,
    warnings,
    metrics,
    locks: () => locks,
    announce: (begins: boolean) => signal$.next(begins),
    ends: (name: string) => pods$.next(new Map(pods$.value).set(name as PodUid, viewOf(name, 'ended'))),
    pass: (ms: number) => time.advance(ms),
    /** Without any time passing but what writing the state file takes. */
    until: (reached: () => boolean) =>
      vi.waitFor(async () => {
        await time.advance(0);
        expect(reached(), happened.join('\n')).toBe(true);
      }, SOON),
    stop: () => subscription.unsubscribe(),
  };
};

const critical = { priority: 2_000_000_000 } as const;

describe('when the machine goes down', () => {
  it('closes the node, ends ordinary pods, then critical ones, each with its grace, and lets the shutdown go on', async () => {
    const pods = [
      viewOf('core', 'running', critical),
      viewOf('web', 'running', { terminationGracePeriodSeconds: 5 }),
      viewOf('old', 'ended'),
    ];
    const node = await startService(pods);
    expect(node.locks()).toBe(1);
    node.announce(true);
    await node.until(() => node.happened.length === 3);
    expect(node.happened).toEqual([
      '1 NodeShutdown: Shutdown manager detected shutdown event',
      '1 shuttingDown true',
      '1 web Terminated 5 s',
    ]);
    await node.pass(3_000);
    node.ends('web');
    await node.until(() => node.happened.length === 4);
    expect(node.happened.slice(3)).toEqual(['4 core Terminated 10 s']);
    expect(node.locks()).toBe(1);
    node.ends('core');
    await node.until(() => node.locks() === 0);
    const [started, ended] = node.metrics.slice(-2);
    expect(started).toEqual([Date.UTC(2026, 0, 1, 0, 0, 1), undefined]);
    expect(ended).toEqual([Date.UTC(2026, 0, 1, 0, 0, 1), Date.UTC(2026, 0, 1, 0, 0, 4)]);
    expect(JSON.parse(await readFile(join(directory, 'graceful_node_shutdown_state'), 'utf8'))).toEqual({
      startTime: '2026-01-01T00:00:01.000Z',
      endTime: '2026-01-01T00:00:04.000Z',
    });
    node.stop();
  });

  it('goes on to the next group, and to the end, when pods take longer than their group may', async () => {
    const node = await startService([viewOf('web', 'running'), viewOf('core', 'running', critical)]);
    node.announce(true);
    await node.until(() => node.happened.length === 3);
    await node.pass(20_000);
    await node.pass(9_999);
    expect(node.happened.slice(2)).toEqual(['1 web Terminated 20 s', '21 core Terminated 10 s']);
    expect(node.locks()).toBe(1);
    await node.pass(1);
    await node.until(() => node.locks() === 0);
    node.stop();
  });

  it('opens the node again and takes a new lock when the shutdown is given up, and ends nobody else', async () => {
    const node = await startService([viewOf('web', 'running'), viewOf('core', 'running', critical)]);
    node.announce(true);
    await node.until(() => node.happened.length === 3);
    node.announce(false);
    await node.pass(60_000);
    expect(node.happened.slice(2)).toEqual([
      '1 web Terminated 20 s',
      '1 NodeShutdown: Shutdown manager detected shutdown cancellation',
      '1 shuttingDown false',
    ]);
    expect(node.locks()).toBe(1);
    node.stop();
    expect(node.locks()).toBe(0);
  });
});

describe('when logind would not wait long enough', () => {
  it('asks it to by a drop-in', async () => {
    const node = await startService([], { delayMs: 5_000 });
    await node.until(() => node.happened.length === 1);
    expect(await readFile(join(directory, '99-kubelet.conf'), 'utf8')).toBe('# Kubelet logind override\n[Login]\nInhibitDelayMaxSec=30\n');
    await node.pass(100);
    await node.until(() => node.locks() === 1);
    expect(node.warnings).toEqual([]);
    node.stop();
  });

  it('says so once, holds no lock, and tries again', async () => {
    const node = await startService([], { delayMs: 5_000, canChange: false });
    for (const tries of [1, 2, 3]) {
      await node.until(() => node.happened.length === tries);
      await node.pass(60_000);
    }
    expect(node.warnings).toEqual([
      'node shutdown manager was unable to update logind InhibitDelayMaxSec to 30s (ShutdownGracePeriod), current value of InhibitDelayMaxSec (5s) is less than requested ShutdownGracePeriod',
    ]);
    expect(node.locks()).toBe(0);
    node.stop();
  });
});
