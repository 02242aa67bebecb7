import { type Container, containerHash, type Pod, quantityValue, type ResourceRequirements } from '@solo-kubelet/pod-spec';
import { onAbort } from '@solo-kubelet/timers';
import { delay } from '@solo-kubelet/timers/rxjs';
import type { SchedulerLike } from 'rxjs';
import { hostPortsOf } from '../core/admission/host-ports.js';
import { newestFirst, type ObservedContainer, type ObservedPod, type ObservedSandbox } from '../core/observed-pod.js';
import { type PodUid, uidOf } from '../core/pod-identity.js';
import { heldTo, type PodResources, resourcesOfPod } from '../core/resize/pod-resources.js';
import type { RuntimeChange, RuntimePort } from '../runtime-port.js';
import { listedOnly } from './listed-only.js';

/** How one container lives. Left out: it runs until stopped. */
export interface FakeScript {
  readonly runsForMs?: number;
  /** Default 0. */
  readonly exitCode?: number;
  /** From the stop signal to the exit, ms; more than the timeout means it is killed. Default 0. */
  readonly stopsAfterMs?: number;
  /** Exit code of a stop in time. Default: 143. */
  readonly stopsWith?: number;
}

export type FakeFault =
  /** The call fails and does nothing. */
  | 'fail'
  /** The call does its work, but its caller hears of a failure. */
  | 'loseReply';

export interface FakeRuntimeOptions {
  readonly scheduler: SchedulerLike;
  /** The machine's clock, ms, by which containers are dated. Default: the scheduler's. */
  readonly wallNow?: () => number;
  readonly script?: (container: Container, restartCount: number, pod: Pod) => FakeScript;
  /** Asked at every call. Default: no faults. */
  readonly fault?: (method: string) => FakeFault | undefined;
  /** Pods whose status can't be had: a look at one fails, a listing tells that they are there. Default: none. */
  readonly unreadable?: (podUid: PodUid) => boolean;
  /** How long each call takes, ms. Default 1. */
  readonly latencyMs?: () => number;
  /** How long an image takes to come, ms; undefined: it can't be had. Default: it is there. */
  readonly pullMs?: (image: string) => number | undefined;
  /** What a running container uses of memory, bytes. A limit set below that ends it: a broken law. Default 0. */
  readonly memoryBytes?: (containerName: string, podUid: PodUid) => number;
  /** Whether it tells of changes as they happen. Default: false, so that everything is found by relisting. */
  readonly events?: boolean;
  /** Told of each end, with the container as it was, before the records show it. */
  readonly exited?: (ended: ObservedContainer, was: ObservedContainer) => void;
}

export interface FakeCall {
  readonly atMs: number;
  readonly method: string;
  readonly podUid: PodUid | undefined;
  readonly name: string;
}

export interface FakeRuntime extends RuntimePort {
  readonly pods: ReadonlyMap<PodUid, ObservedPod>;
  /** In order; may be emptied. */
  readonly calls: FakeCall[];
  /** Laws that were broken: two live instances of one container, two ready sandboxes of one pod, a stop cut short. */
  readonly violations: readonly string[];
  readonly cleaned: ReadonlySet<PodUid>;
  /** What the cgroup of each container is held to, by container id. */
  readonly containerCgroups: ReadonlyMap<string, ResourceRequirements>;
  /** What the cgroup of each pod as a whole is held to. */
  readonly podCgroups: ReadonlyMap<PodUid, PodResources>;
  exit(containerId: string, exitCode: number): void;
  killSandbox(podSandboxId: string): void;
}

interface Held {
  readonly pod: Pod;
  sandboxes: ObservedSandbox[];
  containers: ObservedContainer[];
}

/** A container runtime in memory, under the scheduler's time, that watches over the laws a kubelet must keep. */
export const fakeRuntime = ({
  scheduler,
  wallNow = () => scheduler.now(),
  script = () => ({}),
  fault = () => undefined,
  unreadable = () => false,
  latencyMs = () => 1,
  pullMs = () => 0,
  memoryBytes = () => 0,
  events = false,
  exited = () => {},
}: FakeRuntimeOptions): FakeRuntime => {
  const held = new Map<PodUid, Held>();
  const calls: FakeCall[] = [];
  const violations: string[] = [];
  const cleaned = new Set<PodUid>();
  const containerCgroups = new Map<string, ResourceRequirements>();
  const podCgroups = new Map<PodUid, PodResources>();
  /** What a container uses now: as much as the script says, but never more than it is held to, as on a real machine. */
  const usedMemory = (containerId: string, name: string, uid: PodUid): number => {
    const limits = [containerCgroups.get(containerId)?.limits?.['memory'], podCgroups.get(uid)?.pod?.limits?.['memory']];
    const bytes = limits.flatMap((limit) => (limit === undefined ? [] : [Number(quantityValue(limit))]));
    return Math.min(memoryBytes(name, uid), ...bytes);
  };
  /** When a container that was told to stop will have ended by itself, by its id. */
  const stopping = new Map<string, number>();
  let ids = 0;
  const listeners = new Set<(uid: PodUid) => void>();
  const notify = (uid: PodUid): void => {
    for (const listener of listeners) listener(uid);
  };
  const nextId = (kind: string): string => `${kind}-${++ids}`;
  const observed = (uid: PodUid): ObservedPod | undefined => {
    const pod = held.get(uid);
    if (pod === undefined || (pod.sandboxes.length === 0 && pod.containers.length === 0)) return undefined;
    const { name, namespace } = pod.pod.metadata;
    return newestFirst({ uid, name, namespace, sandboxes: pod.sandboxes, containers: pod.containers });
  };
  /** Whose a sandbox or container is, by its id: none of 20,000 pods is looked for. */
  const owners = new Map<string, PodUid>();
  const holderOf = (id: string): Held | undefined => held.get(owners.get(id) ?? ('' as PodUid));
  const ownerOf = (containerId: string): Held | undefined => {
    const owner = holderOf(containerId);
    return owner?.containers.some(({ id }) => id === containerId) ? owner : undefined;
  };
  const ownerOfSandbox = (podSandboxId: string): Held | undefined => {
    const owner = holderOf(podSandboxId);
    return owner?.sandboxes.some(({ id }) => id === podSandboxId) ? owner : undefined;
  };
  const change = (containerId: string, patch: Partial<ObservedContainer>): void => {
    const owner = ownerOf(containerId);
    if (owner === undefined) return;
    owner.containers = owner.containers.map((container) => (container.id === containerId ? { ...container, ...patch } : container));
    notify(uidOf(owner.pod));
  };
  const find = (containerId: string): ObservedContainer | undefined =>
    ownerOf(containerId)?.containers.find(({ id }) => id === containerId);
  const exit = (containerId: string, exitCode: number): void => {
    const was = find(containerId);
    if (was?.state !== 'running') return;
    const end = { state: 'exited', exitCode, finishedAtMs: wallNow(), reason: exitCode === 0 ? 'Completed' : 'Error' } as const;
    exited({ ...was, ...end }, was);
    change(containerId, end);
  };

  /** Every call takes its time, may be aborted while it does, and may go wrong. */
  const call = async <T>(
    method: string,
    podUid: PodUid | undefined,
    name: string,
    signal: AbortSignal,
    work: () => T | Promise<T>,
  ): Promise<T> => {
    await delay(latencyMs(), scheduler, signal);
    signal.throwIfAborted();
    calls.push({ atMs: scheduler.now(), method, podUid, name });
    const wrong = fault(method);
    if (wrong === 'fail') throw new Error(`${method} was made to fail`);
    const result = await work();
    if (wrong === 'loseReply') throw new Error(`the reply of ${method} was lost`);
    return result;
  };

  const everyPod = (): ReadonlyMap<PodUid, ObservedPod> =>
    new Map(
      [...held.keys()].flatMap((uid) => {
        const pod = observed(uid);
        return pod === undefined ? [] : [[uid, pod] as const];
      }),
    );

  const live = (pod: Held, name: string): readonly ObservedContainer[] =>
    pod.containers.filter((container) => container.name === name && container.state === 'running');

  return {
    get pods() {
      return everyPod();
    },
    calls,
    violations,
    cleaned,
    containerCgroups,
    podCgroups,
    exit,
    killSandbox: (podSandboxId) => {
      const pod = ownerOfSandbox(podSandboxId);
      if (pod === undefined) return;
      for (const container of pod.containers) if (container.sandboxId === podSandboxId) exit(container.id, 137);
      pod.sandboxes = pod.sandboxes.map((sandbox) => (sandbox.id === podSandboxId ? { ...sandbox, state: 'notReady', ips: [] } : sandbox));
      notify(uidOf(pod.pod));
    },
    list: ({ signal }) =>
      call('list', undefined, '', signal, () => {
        const pods = everyPod();
        const unread = new Map([...pods.keys()].filter(unreadable).map((uid) => [uid, 'the status was made to fail'] as const));
        return { pods: new Map([...pods].map(([uid, pod]) => [uid, unread.has(uid) ? listedOnly(pod) : pod])), unread };
      }),
    inspect: (uid, { signal }) =>
      call('inspect', uid, '', signal, () => {
        if (unreadable(uid)) throw new Error('the status was made to fail');
        return observed(uid);
      }),
    createSandbox: async (pod, attempt, { signal }) => {
      const uid = uidOf(pod);
      try {
        return await call('createSandbox', uid, '', signal, () => {
          const owner = held.get(uid) ?? { pod, sandboxes: [], containers: [] };
          held.set(uid, owner);
          cleaned.delete(uid);
          podCgroups.set(uid, resourcesOfPod(pod));
          if (owner.sandboxes.some(({ state }) => state === 'ready')) violations.push(`two ready sandboxes of ${uid}`);
          if (owner.sandboxes.some((sandbox) => sandbox.attempt === attempt))
            throw new Error(`sandbox attempt ${attempt} of ${uid} is taken`);
          const podSandboxId = nextId('sandbox');
          owners.set(podSandboxId, uid);
          const hostNetwork = pod.spec.hostNetwork === true;
          const ips = hostNetwork ? [] : [`10.0.0.${ids % 250}`];
          const hostPorts = hostPortsOf(pod);
          owner.sandboxes = [
            {
              id: podSandboxId,
              attempt,
              state: 'ready',
              createdAtMs: wallNow(),
              hostNetwork,
              ips,
              networkReported: true,
              ...(hostPorts.length > 0 && { hostPorts }),
            },
            ...owner.sandboxes,
          ];
          return { ok: true, podSandboxId, ips } as const;
        });
      } catch (error) {
        signal.throwIfAborted();
        return { ok: false, reason: 'FailedCreatePodSandBox', message: String(error) };
      }
    },
    pullImages: (pod, { signal }) => call('pullImages', uidOf(pod), '', signal, () => undefined),
    startContainer: async ({ pod, container, restartCount, podSandboxId }, { signal, report }) => {
      const uid = uidOf(pod);
      try {
        const waitMs = pullMs(container.image ?? '');
        if (waitMs === undefined) return { ok: false, reason: 'ErrImagePull', message: 'no such image' };
        if (waitMs > 0) await delay(waitMs, scheduler, signal);
        const { runsForMs, exitCode = 0 } = script(container, restartCount, pod);
        return await call('startContainer', uid, container.name, signal, () => {
          const owner = held.get(uid);
          if (owner === undefined || !owner.sandboxes.some(({ id, state }) => id === podSandboxId && state === 'ready')) {
            throw new Error('no ready sandbox');
          }
          if (live(owner, container.name).length > 0) violations.push(`two live instances of ${uid}/${container.name}`);
          const containerId = nextId('container');
          owners.set(containerId, uid);
          containerCgroups.set(containerId, heldTo(pod, container));
          const nowMs = wallNow();
          owner.containers = [
            {
              id: containerId,
              sandboxId: podSandboxId,
              name: container.name,
              state: 'running',
              restartCount,
              hash: containerHash(container),
              createdAtMs: nowMs,
              startedAtMs: nowMs,
              exitCode: 0,
              reason: '',
              message: '',
              runtimeName: 'fake',
              image: container.image ?? '',
              imageRef: `sha256:${container.image}`,
              terminationGracePeriodSeconds: Number(pod.spec.terminationGracePeriodSeconds ?? 30),
              ...(container.lifecycle?.preStop === undefined ? {} : { preStop: container.lifecycle.preStop }),
              ...(container.ports === undefined ? {} : { ports: container.ports }),
            },
            ...owner.containers,
          ];
          if (runsForMs !== undefined) scheduler.schedule(() => exit(containerId, exitCode), runsForMs);
          report({ type: 'containerStarted', containerName: container.name, containerId });
          notify(uid);
          return { ok: true, containerId } as const;
        });
      } catch (error) {
        signal.throwIfAborted();
        return { ok: false, reason: 'RunContainerError', message: String(error) };
      }
    },
    runHook: async ({ podUid, containerName, handler }, { signal }) => {
      const seconds = Number(handler.sleep?.seconds ?? 0);
      await delay(seconds * 1000, scheduler, signal);
      calls.push({ atMs: scheduler.now(), method: 'runHook', podUid, name: containerName });
      return { ok: true };
    },
    stopContainer: (containerId, timeoutSeconds, { signal }) =>
      call('stopContainer', uidOf(ownerOf(containerId)?.pod ?? nobody), find(containerId)?.name ?? '', signal, async () => {
        const owner = ownerOf(containerId);
        const container = find(containerId);
        if (owner === undefined || container?.state !== 'running') return;
        const spec = [...owner.pod.spec.containers, ...(owner.pod.spec.initContainers ?? [])].find(({ name }) => name === container.name);
        const { stopsAfterMs = 0, stopsWith = 143 } = spec === undefined ? {} : script(spec, container.restartCount, owner.pod);
        // Whom the signal has reached ends by itself, whether its kubelet still waits for it or not.
        const endsAtMs = stopping.get(containerId) ?? scheduler.now() + stopsAfterMs;
        if (!stopping.has(containerId)) scheduler.schedule(() => exit(containerId, stopsWith), stopsAfterMs);
        stopping.set(containerId, endsAtMs);
        const leftMs = Math.max(0, endsAtMs - scheduler.now());
        await delay(Math.min(leftMs, timeoutSeconds * 1000), scheduler, signal);
        signal.throwIfAborted();
        exit(containerId, leftMs > timeoutSeconds * 1000 ? 137 : stopsWith);
      }),
    removeContainer: (containerId, { signal }) =>
      call('removeContainer', undefined, find(containerId)?.name ?? '', signal, () => {
        const owner = ownerOf(containerId);
        if (owner === undefined) return;
        if (find(containerId)?.state === 'running') violations.push(`a running container of ${uidOf(owner.pod)} was removed`);
        owner.containers = owner.containers.filter(({ id }) => id !== containerId);
        owners.delete(containerId);
      }),
    stopSandbox: (podSandboxId, { signal }) =>
      call('stopSandbox', undefined, podSandboxId, signal, () => {
        const pod = ownerOfSandbox(podSandboxId);
        if (pod === undefined) return;
        for (const container of pod.containers) {
          if (container.sandboxId === podSandboxId && container.state === 'running') {
            violations.push(`sandbox of ${uidOf(pod.pod)} stopped under ${container.name}`);
            exit(container.id, 137);
          }
        }
        pod.sandboxes = pod.sandboxes.map((sandbox) =>
          sandbox.id === podSandboxId ? { ...sandbox, state: 'notReady', ips: [] } : sandbox,
        );
      }),
    ...(events && { changes: ({ signal }) => toldChanges(listeners, signal) }),
    removeSandbox: (podSandboxId, { signal }) =>
      call('removeSandbox', undefined, podSandboxId, signal, () => {
        const pod = ownerOfSandbox(podSandboxId);
        if (pod === undefined) return;
        for (const { id, sandboxId } of pod.containers) if (sandboxId === podSandboxId) owners.delete(id);
        owners.delete(podSandboxId);
        pod.sandboxes = pod.sandboxes.filter(({ id }) => id !== podSandboxId);
        pod.containers = pod.containers.filter(({ sandboxId }) => sandboxId !== podSandboxId);
      }),
    memoryUsage: ({ podSandboxId, containerIds }, { signal }) =>
      call('memoryUsage', undefined, podSandboxId, signal, () => {
        const used = (id: string): number => usedMemory(id, find(id)?.name ?? '', uidOf(ownerOf(id)?.pod ?? nobody));
        return { containers: new Map(containerIds.map((id) => [id, used(id)])) };
      }),
    updateResources: (pod, container, containerId, { signal }) =>
      call('updateResources', uidOf(pod), container.name, signal, () => {
        const limit = heldTo(pod, container).limits?.['memory'];
        const used = usedMemory(containerId, container.name, uidOf(pod));
        if (limit !== undefined && used > Number(quantityValue(limit)))
          violations.push(`${container.name} of ${uidOf(pod)} ran out of memory`);
        containerCgroups.set(containerId, heldTo(pod, container));
      }),
    pinContainer: (containerId, cpus, { signal }) =>
      call('pinContainer', uidOf(ownerOf(containerId)?.pod ?? nobody), `${find(containerId)?.name} ${cpus}`, signal, () => undefined),
    resizePod: (limits, { signal }) =>
      call('resizePod', uidOf(limits), '', signal, () => void podCgroups.set(uidOf(limits), resourcesOfPod(limits))),
    cleanPod: (uid, { signal }) =>
      call('cleanPod', uid, '', signal, () => {
        if (observed(uid) !== undefined) violations.push(`${uid} cleaned while something of it was left`);
        cleaned.add(uid);
        held.delete(uid);
      }),
    listOrphanedPods: ({ signal }) => call('listOrphanedPods', undefined, '', signal, () => [...held.keys()]),
    releaseVolumes: (uid, { signal }) => call('releaseVolumes', uid, '', signal, () => undefined),
    refreshVolumes: (pod, { signal }) => call('refreshVolumes', uidOf(pod), '', signal, () => undefined),
    forgetBackoff: () => {},
  };
};

const nobody = { metadata: {} } as Pod;

/** What a feed tells until it is ended: first that it tells, then each pod that something of has changed. */
async function* toldChanges(listeners: Set<(uid: PodUid) => void>, signal: AbortSignal): AsyncGenerator<RuntimeChange> {
  let told: PodUid[] = [];
  let wake = (): void => {};
  const listener = (uid: PodUid): void => {
    told.push(uid);
    wake();
  };
  listeners.add(listener);
  const stop = onAbort(signal, () => wake());
  try {
    yield { type: 'resync', reason: 'the feed begins', events: true };
    while (!signal.aborted) {
      const batch = told;
      told = [];
      for (const podUid of batch) yield { type: 'pod', podUid };
      if (told.length > 0) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (signal.aborted) resolve();
      });
    }
  } finally {
    stop();
    listeners.delete(listener);
  }
}
