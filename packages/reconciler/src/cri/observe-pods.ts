import type { Container, CriClient, PodSandbox } from '@solo-kubelet/cri-client';
import { CriError, PodSandboxState } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import { checkDuration } from '@solo-kubelet/timers';
import { steadyNow } from '@solo-kubelet/timers/rxjs';
import { newestFirst, type ObservedContainer, type ObservedPod, type ObservedSandbox } from '../core/observed-pod.js';
import { type PodUid, podUid } from '../core/pod-identity.js';
import type { Abortable, ContainerExit, PodListing } from '../runtime-port.js';
import type { NetworkHook } from './cri-runtime-options.js';
import { containerRunState, toListedContainer, toListedSandbox, toObservedContainer, toObservedSandbox } from './map-observed.js';
import { OWNER_LABEL, POD_NAME_LABEL, POD_NAMESPACE_LABEL, POD_UID_LABEL } from './owner-label.js';
import { createPatientReads } from './patient-reads.js';
import { batchCalls, waitFor } from './shared-calls.js';
import { readTerminationMessage } from './termination-message.js';
import { createToldEnds } from './told-ends.js';

/** Status calls at once during one look. */
const STATUS_CALLS_AT_ONCE = 16;

/** How long a look waits for one status, ms: a shim that hangs holds up its own pod alone. */
const STATUS_PATIENCE_MS = 5_000;

export interface PodObserver {
  list(options: Abortable): Promise<PodListing>;
  /** Rejects when something of the pod can't be read. */
  inspect(uid: PodUid, options: Abortable): Promise<ObservedPod | undefined>;
  /** Whose a container or sandbox id is, as far as it has been seen or noted. */
  podOf(id: string): PodUid | undefined;
  note(id: string, uid: PodUid): void;
  /** Takes over the status of a sandbox that was read elsewhere, so that the next look need not. */
  noteSandbox(sandbox: ObservedSandbox): void;
  /** As of RuntimePort. */
  endOf(exit: ContainerExit, options: Abortable): Promise<ObservedContainer | undefined>;
  /** What is told of the end of this container from now on is not all of it. */
  doubtEnd(containerId: string): void;
  /** Makes the next look read this container's status anew. */
  forget(containerId: string): void;
}

export interface PodObserverOptions {
  readonly cri: CriClient;
  readonly owner: string;
  readonly networkHook?: NetworkHook | undefined;
  /** A clock that nobody can set, ms. Default `steadyNow`. */
  readonly now?: () => number;
  /** How long a look waits for one status, ms. Default 5000. */
  readonly statusPatienceMs?: number;
}

/** For how long after a kill was first seen the runtime may still find out that memory had run out, ms: containerd hears of both in either order. */
const LATE_REASON_MS = 1_000;
const KILLED = 137;

const mayBeOutOfMemory = ({ state, exitCode, reason }: ObservedContainer): boolean =>
  state === 'exited' && exitCode === KILLED && reason !== 'OOMKilled';

/**
 * Lists sandboxes and containers, and reads the status of those that are new or changed their state: the rest of a status only changes with it.
 */
export const createPodObserver = ({ cri, owner, networkHook, now = steadyNow, statusPatienceMs }: PodObserverOptions): PodObserver => {
  const inTime = createPatientReads(checkDuration('statusPatienceMs', statusPatienceMs, STATUS_PATIENCE_MS));
  const sandboxes = new Map<string, ObservedSandbox>();
  const containers = new Map<string, ObservedContainer>();
  const owners = new Map<string, PodUid>();
  const lateReasonUntilMs = new Map<string, number>();
  const toldEnds = createToldEnds();
  let runtimeName: Promise<string> | undefined;

  const nameOfRuntime = (signal: AbortSignal): Promise<string> => {
    runtimeName ??= cri.runtime.version({ version: '0.1.0' }, { signal }).then(
      (version) => version.runtimeName,
      (error: unknown) => {
        runtimeName = undefined;
        throw error;
      },
    );
    return runtimeName;
  };

  const sandboxOf = async (listed: PodSandbox, signal: AbortSignal): Promise<ObservedSandbox | undefined> => {
    const known = sandboxes.get(listed.id);
    if (isUnchanged(known, listed) && known?.networksMissing !== true) return known;
    return inTime(listed.id, () => readSandbox(listed, known, signal), signal);
  };

  const readSandbox = async (
    listed: PodSandbox,
    known: ObservedSandbox | undefined,
    signal: AbortSignal,
  ): Promise<ObservedSandbox | undefined> => {
    const verbose = networkHook?.wants(listed.annotations) === true;
    const reply = await unlessGone(cri.runtime.podSandboxStatus({ podSandboxId: listed.id, verbose }, { signal }));
    if (reply === undefined) return undefined;
    if (reply.status === undefined) throw new Error('the runtime answered without a status of the sandbox');
    const bare = toObservedSandbox(reply.status);
    const sandbox = verbose && bare.state === 'ready' && !bare.hostNetwork ? await withNetworks(bare, reply.info, signal) : bare;
    if (isUnchanged(known, listed) && sandbox.networksMissing) return known;
    sandboxes.set(listed.id, sandbox);
    return sandbox;
  };

  const withNetworks = async (sandbox: ObservedSandbox, info: Record<string, string>, signal: AbortSignal): Promise<ObservedSandbox> => {
    const annotations = await networkHook?.annotationsOf({ podSandboxId: sandbox.id, ips: sandbox.ips, info }, { signal });
    return annotations === undefined ? { ...sandbox, networksMissing: true } : { ...sandbox, annotations };
  };

  const containerOf = async (listed: Container, name: string, signal: AbortSignal): Promise<ObservedContainer | undefined> => {
    const known = containers.get(listed.id);
    if (
      known !== undefined &&
      known.state === containerRunState(listed.state) &&
      !(mayBeOutOfMemory(known) && now() < (lateReasonUntilMs.get(listed.id) ?? 0))
    )
      return known;
    return inTime(listed.id, () => readContainer(listed, name, known, signal), signal);
  };

  const readContainer = async (
    listed: Container,
    name: string,
    known: ObservedContainer | undefined,
    signal: AbortSignal,
  ): Promise<ObservedContainer | undefined> => {
    const reply = await unlessGone(cri.runtime.containerStatus({ containerId: listed.id, verbose: false }, { signal }));
    if (reply === undefined) return undefined;
    if (reply.status === undefined) throw new Error('the runtime answered without a status of the container');
    const exited = containerRunState(reply.status.state) === 'exited';
    const message = exited ? await readTerminationMessage(reply.status, { signal }) : '';
    const container = toldEnds.confirmed(toObservedContainer(reply.status, listed.podSandboxId, name, message));
    if (known !== undefined && known.state === container.state && known.reason === container.reason) return known;
    if (known?.state !== container.state && mayBeOutOfMemory(container)) lateReasonUntilMs.set(listed.id, now() + LATE_REASON_MS);
    containers.set(listed.id, container);
    toldEnds.note(reply.status, container);
    return container;
  };

  /** Looks at single pods come in bursts; those that come during a listing share the next one. */
  const listings = batchCalls(async (uid: PodUid | undefined) => {
    const labelSelector = { [OWNER_LABEL]: owner, ...(uid === undefined ? {} : { [POD_UID_LABEL]: uid }) };
    const [sandboxes, containers] = await Promise.all([cri.lists.podSandboxes({ labelSelector }), cri.lists.containers({ labelSelector })]);
    return { sandboxes, containers };
  });

  const look = async (uid: PodUid | undefined, { signal }: Abortable): Promise<PodListing & { readonly ids: ReadonlySet<string> }> => {
    const [listing, name] = await Promise.all([waitFor(listings(uid), signal), nameOfRuntime(signal)]);
    // A runtime that passes over the selector must not make others' containers ours: they would be ended.
    const isAskedFor = ({ id, labels }: Listed): boolean =>
      id !== '' &&
      labels[OWNER_LABEL] === owner &&
      (uid === undefined ? (labels[POD_UID_LABEL] ?? '') !== '' : labels[POD_UID_LABEL] === uid);
    const listedSandboxes = onceEach(listing.sandboxes.filter(isAskedFor));
    const listedContainers = onceEach(listing.containers.filter(isAskedFor));
    const unread = new Map<PodUid, string>();
    /** What is there but can't be read is no more than the list tells of it, and its pod is one that could not be read. */
    const orListed = async <T>(listed: Listed, read: () => Promise<T | undefined>, outline: () => T): Promise<T | undefined> => {
      try {
        return await read();
      } catch (error) {
        signal.throwIfAborted();
        unread.set(podUid(listed.labels[POD_UID_LABEL] ?? ''), describeError(error));
        return outline();
      }
    };
    const foundSandboxes = await mapLimited(listedSandboxes, STATUS_CALLS_AT_ONCE, (listed) =>
      orListed(
        listed,
        () => sandboxOf(listed, signal),
        () => toListedSandbox(listed),
      ),
    );
    const foundContainers = await mapLimited(listedContainers, STATUS_CALLS_AT_ONCE, (listed) =>
      orListed(
        listed,
        () => containerOf(listed, name, signal),
        () => toListedContainer(listed, name),
      ),
    );
    const pods = new Map<PodUid, { name: string; namespace: string; sandboxes: ObservedSandbox[]; containers: ObservedContainer[] }>();
    const podFor = (id: string, of: Readonly<Record<string, string>>) => {
      const uid = podUid(of[POD_UID_LABEL] ?? '');
      owners.set(id, uid);
      const pod = pods.get(uid) ?? {
        name: of[POD_NAME_LABEL] ?? '',
        namespace: of[POD_NAMESPACE_LABEL] ?? '',
        sandboxes: [],
        containers: [],
      };
      pods.set(uid, pod);
      return pod;
    };
    listedSandboxes.forEach((listed, index) => {
      const sandbox = foundSandboxes[index];
      if (sandbox !== undefined) podFor(listed.id, listed.labels).sandboxes.push(sandbox);
    });
    listedContainers.forEach((listed, index) => {
      const container = foundContainers[index];
      if (container !== undefined) podFor(listed.id, listed.labels).containers.push(container);
    });
    return {
      pods: new Map([...pods].map(([uid, { name, namespace, ...held }]) => [uid, newestFirst({ uid, name, namespace, ...held })])),
      unread,
      ids: new Set([...pods.values()].flatMap((pod) => [...pod.sandboxes, ...pod.containers].map(({ id }) => id))),
    };
  };

  return {
    list: async (options) => {
      const { ids, ...listing } = await look(undefined, options);
      for (const map of [sandboxes, containers, owners, lateReasonUntilMs]) for (const id of map.keys()) if (!ids.has(id)) map.delete(id);
      for (const id of toldEnds.ids) if (!ids.has(id)) toldEnds.forget(id);
      return listing;
    },
    inspect: async (uid, options) => {
      const { pods, unread } = await look(uid, options);
      const failure = unread.get(uid);
      if (failure !== undefined) throw new Error(failure);
      return pods.get(uid);
    },
    podOf: (id) => owners.get(id),
    note: (id, uid) => {
      owners.set(id, uid);
    },
    noteSandbox: (sandbox) => {
      sandboxes.set(sandbox.id, sandbox);
    },
    endOf: (exit, { signal }) => inTime(exit.containerId, () => toldEnds.endOf(exit, signal), signal),
    doubtEnd: toldEnds.doubt,
    forget: (containerId) => {
      containers.delete(containerId);
    },
  };
};

const isUnchanged = (known: ObservedSandbox | undefined, listed: PodSandbox): boolean =>
  known !== undefined && (known.state === 'ready') === (listed.state === PodSandboxState.SANDBOX_READY);

interface Listed {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What is listed twice is there once. */
const onceEach = <T extends Listed>(listed: readonly T[]): readonly T[] => [...new Map(listed.map((each) => [each.id, each])).values()];

/** The results in order, of at most `limit` pieces of work at once. */
const mapLimited = async <T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<readonly R[]> => {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index]!);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
};

/** A thing that went between the list and the look at it is simply not there. */
const unlessGone = async <T>(call: Promise<T>): Promise<T | undefined> => {
  try {
    return await call;
  } catch (error) {
    if (CriError.is(error) && error.code === 'CRI_NOT_FOUND') return undefined;
    throw error;
  }
};
