import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  type ContainerConfig,
  ContainerConfig as ContainerConfigCodec,
  ContainerEventType,
  ContainerState,
  MountPropagation,
  NamespaceMode,
  type PodSandboxConfig,
  PodSandboxConfig as PodSandboxConfigCodec,
  PodSandboxState,
} from '../gen/cri-v1.js';
import { type Clock, waitFor } from './clock.js';
import { type ContainerLog, openContainerLog } from './container-log.js';
import type { ImageStore } from './image-store.js';
import type { ContainerRecord, SandboxRecord } from './records.js';
import { notFound, RpcError } from './rpc-error.js';
import type { ContainerScripts } from './script.js';

/** Something happened to a container or a sandbox. */
export interface RuntimeEvent {
  readonly type: ContainerEventType;
  readonly subject: ContainerRecord | SandboxRecord;
  readonly sandbox: SandboxRecord;
  /** `exiting` comes before the records follow, as containerd's events do; all else after. */
  readonly phase: 'exiting' | 'recorded';
  readonly oom?: boolean;
}

export interface FakeRuntimeOptions {
  readonly clock: Clock;
  readonly images: ImageStore;
  readonly scripts: ContainerScripts;
  readonly podIps: (config: PodSandboxConfig) => readonly string[];
  readonly runtimeHandlers: readonly string[];
  /** From the news of an exit to its record, ms. */
  readonly recordLagMs: number;
  readonly unknownStops: 'ok' | 'notFound';
  readonly onEvent: (event: RuntimeEvent) => void;
}

/** How a container ended. */
export interface Exit {
  readonly exitCode: number;
  /** Default: `Completed` for 0, else `Error`. */
  readonly reason?: string;
  readonly message?: string;
}

const KILLED = 137;

/** The life of sandboxes and containers: all state and every rule about it, none of the wire. */
export const createFakeRuntime = ({
  clock,
  images,
  scripts,
  podIps,
  runtimeHandlers,
  recordLagMs,
  unknownStops,
  onEvent,
}: FakeRuntimeOptions) => {
  const sandboxes = new Map<string, SandboxRecord>();
  const containers = new Map<string, ContainerRecord>();
  const logs = new Map<string, ContainerLog>();
  /** What would still happen to a container: timers of its script. */
  const pending = new Map<string, (() => void)[]>();
  const exitWaiters = new Map<string, (() => void)[]>();
  /** Ended, but not yet on record. */
  const ending = new Map<string, Exit>();
  const seed = randomBytes(8).toString('hex');
  let made = 0;
  let lastNs = 0n;

  const nowNs = (): bigint => {
    const clockNs = BigInt(Math.floor(clock.now())) * 1_000_000n;
    lastNs = clockNs > lastNs ? clockNs : lastNs + 1n;
    return lastNs;
  };
  const newId = (): string => createHash('sha256').update(`${seed} ${++made}`).digest('hex');

  /** By full id or unique prefix. */
  const findIn = <T>(records: ReadonlyMap<string, T>, id: string): T | undefined => {
    const exact = records.get(id);
    if (exact !== undefined || id === '') return exact;
    const fitting = [...records].filter(([key]) => key.startsWith(id));
    return fitting.length === 1 ? fitting[0]?.[1] : undefined;
  };
  const findSandbox = (id: string): SandboxRecord | undefined => findIn(sandboxes, id);
  const findContainer = (id: string): ContainerRecord | undefined => findIn(containers, id);
  const sandbox = (id: string): SandboxRecord => {
    const record = findSandbox(id);
    if (record === undefined) throw notFound('sandbox', id);
    return record;
  };
  const container = (id: string): ContainerRecord => {
    const record = findContainer(id);
    if (record === undefined) throw notFound('container', id);
    return record;
  };
  const containersOf = (record: SandboxRecord): readonly ContainerRecord[] =>
    [...containers.values()].filter((candidate) => candidate.sandbox === record);

  const tell = (type: ContainerEventType, subject: ContainerRecord | SandboxRecord): void =>
    onEvent({ type, subject, sandbox: 'sandbox' in subject ? subject.sandbox : subject, phase: 'recorded' });

  const cancelPlans = (id: string): void => {
    for (const cancel of pending.get(id) ?? []) cancel();
    pending.delete(id);
  };
  const plan = (id: string, ms: number, step: () => void): void => {
    const cancels = pending.get(id) ?? [];
    cancels.push(clock.setTimeout(step, ms));
    pending.set(id, cancels);
  };

  const recordExit = (record: ContainerRecord, { exitCode, reason, message = '' }: Exit): void => {
    if (record.state === ContainerState.CONTAINER_EXITED) return;
    ending.delete(record.id);
    record.state = ContainerState.CONTAINER_EXITED;
    record.finishedAt = nowNs();
    record.exitCode = exitCode;
    record.reason = reason ?? (exitCode === 0 ? 'Completed' : 'Error');
    record.message = message;
    logs.get(record.id)?.close();
    logs.delete(record.id);
    tell(ContainerEventType.CONTAINER_STOPPED_EVENT, record);
    for (const wake of exitWaiters.get(record.id) ?? []) wake();
    exitWaiters.delete(record.id);
  };

  const exit = (record: ContainerRecord, how: Exit): void => {
    if (record.state !== ContainerState.CONTAINER_RUNNING || ending.has(record.id)) return;
    ending.set(record.id, how);
    cancelPlans(record.id);
    onEvent({
      type: ContainerEventType.CONTAINER_STOPPED_EVENT,
      subject: record,
      sandbox: record.sandbox,
      phase: 'exiting',
      oom: how.reason === 'OOMKilled',
    });
    if (recordLagMs === 0) recordExit(record, how);
    else plan(record.id, recordLagMs, () => recordExit(record, how));
  };

  const exited = (record: ContainerRecord): Promise<void> =>
    record.state === ContainerState.CONTAINER_EXITED
      ? Promise.resolve()
      : new Promise((resolve) => exitWaiters.set(record.id, [...(exitWaiters.get(record.id) ?? []), resolve]));

  /** Kills at once; a container that hangs stays. */
  const kill = (record: ContainerRecord): void => {
    if (record.script.onStop !== 'hang') exit(record, { exitCode: KILLED });
  };

  /** Force for removals: nothing survives it. */
  const destroy = (record: ContainerRecord): void => {
    if (record.state !== ContainerState.CONTAINER_RUNNING) return;
    exit(record, { exitCode: KILLED });
    cancelPlans(record.id);
    recordExit(record, ending.get(record.id) ?? { exitCode: KILLED });
  };

  const reserve = (name: string, kind: string, holder: { readonly id: string } | undefined): void => {
    if (holder === undefined) return;
    throw new RpcError('UNKNOWN', `failed to reserve ${kind} name "${name}": name "${name}" is reserved for "${holder.id}"`);
  };

  const runSandbox = (config: PodSandboxConfig, runtimeHandler: string): SandboxRecord => {
    const name = sandboxName(config);
    if (config.metadata === undefined) throw new RpcError('INVALID_ARGUMENT', 'sandbox config must include metadata');
    reserve(
      name,
      'sandbox',
      [...sandboxes.values()].find((other) => sandboxName(other.config) === name),
    );
    if (runtimeHandler !== '' && !runtimeHandlers.includes(runtimeHandler)) {
      throw new RpcError('UNKNOWN', `failed to get sandbox runtime: no runtime for "${runtimeHandler}" is configured`);
    }
    const hostNetwork = config.linux?.securityContext?.namespaceOptions?.network === NamespaceMode.NODE;
    const record: SandboxRecord = {
      id: newId(),
      config,
      runtimeHandler,
      createdAt: nowNs(),
      pid: 10_000 + made,
      state: PodSandboxState.SANDBOX_READY,
      ips: hostNetwork ? [] : podIps(config),
    };
    sandboxes.set(record.id, record);
    tell(ContainerEventType.CONTAINER_CREATED_EVENT, record);
    tell(ContainerEventType.CONTAINER_STARTED_EVENT, record);
    return record;
  };

  const stopSandbox = (id: string): void => {
    const record = unknownStops === 'ok' ? findSandbox(id) : sandbox(id);
    if (record === undefined) return;
    for (const running of containersOf(record)) destroy(running);
    const wasReady = record.state === PodSandboxState.SANDBOX_READY;
    record.state = PodSandboxState.SANDBOX_NOTREADY;
    record.ips = [];
    if (wasReady) tell(ContainerEventType.CONTAINER_STOPPED_EVENT, record);
  };

  const removeContainer = (id: string): void => {
    const record = findContainer(id);
    if (record === undefined) return;
    destroy(record);
    cancelPlans(record.id);
    containers.delete(record.id);
    tell(ContainerEventType.CONTAINER_DELETED_EVENT, record);
  };

  const removeSandbox = (id: string): void => {
    const record = findSandbox(id);
    if (record === undefined) return;
    stopSandbox(record.id);
    for (const { id: containerId } of containersOf(record)) removeContainer(containerId);
    sandboxes.delete(record.id);
    tell(ContainerEventType.CONTAINER_DELETED_EVENT, record);
  };

  const createContainer = (podSandboxId: string, config: ContainerConfig, sandboxConfig: PodSandboxConfig): ContainerRecord => {
    const owner = sandbox(podSandboxId);
    if (owner.state !== PodSandboxState.SANDBOX_READY) throw new RpcError('UNKNOWN', `sandbox container "${owner.id}" is not running`);
    if (config.metadata === undefined) throw new RpcError('INVALID_ARGUMENT', 'container config must include metadata');
    const name = containerName(config, owner.config);
    reserve(
      name,
      'container',
      [...containers.values()].find((other) => containerName(other.config, other.sandbox.config) === name),
    );
    refuseUnsoundConfig(config);
    const wanted = config.image?.image ?? '';
    const image = images.find(wanted);
    if (image === undefined) throw new RpcError('NOT_FOUND', `failed to resolve image "${wanted}": ${wanted}: not found`);
    const record: ContainerRecord = {
      id: newId(),
      sandbox: owner,
      config,
      script: scripts({
        containerName: config.metadata.name,
        podName: owner.config.metadata?.name ?? '',
        namespace: owner.config.metadata?.namespace ?? '',
        podUid: owner.config.metadata?.uid ?? '',
        attempt: config.metadata.attempt,
        config,
        sandboxConfig,
      }),
      imageId: image.id,
      imageRef: image.repoDigests[0] ?? image.id,
      imageName: image.repoTags[0] ?? wanted,
      mounts: config.mounts.map((mount) => (mount.image === undefined ? mount : { ...mount, image: imageMount(mount.image, images) })),
      createdAt: nowNs(),
      pid: 10_000 + made,
      state: ContainerState.CONTAINER_CREATED,
      startedAt: 0n,
      finishedAt: 0n,
      exitCode: 0,
      reason: '',
      message: '',
      resources: config.linux?.resources,
      stopSignalled: false,
    };
    containers.set(record.id, record);
    tell(ContainerEventType.CONTAINER_CREATED_EVENT, record);
    return record;
  };

  const logPath = ({ config, sandbox: owner }: ContainerRecord): string =>
    owner.config.logDirectory === '' || config.logPath === '' ? '' : join(owner.config.logDirectory, config.logPath);

  const startContainer = async (id: string, signal: AbortSignal): Promise<void> => {
    const record = container(id);
    const { script } = record;
    const refuseUnlessCreated = (): void => {
      if (record.state === ContainerState.CONTAINER_CREATED) return;
      throw new RpcError('UNKNOWN', `container is in ${ContainerState[record.state]} state`);
    };
    refuseUnlessCreated();
    if (record.sandbox.state !== PodSandboxState.SANDBOX_READY) {
      throw new RpcError('UNKNOWN', `sandbox container "${record.sandbox.id}" is not running`);
    }
    if (script.startsAfterMs !== undefined) {
      await waitFor(clock, script.startsAfterMs, signal);
      refuseUnlessCreated();
    }
    if (script.startError !== undefined) {
      recordExit(record, { exitCode: 128, reason: 'StartError', message: script.startError });
      throw new RpcError('UNKNOWN', script.startError);
    }
    record.state = ContainerState.CONTAINER_RUNNING;
    record.startedAt = nowNs();
    const path = logPath(record);
    if (path !== '') logs.set(record.id, openContainerLog(path, nowNs));
    tell(ContainerEventType.CONTAINER_STARTED_EVENT, record);
    for (const { atMs, stream = 'stdout', text } of script.output ?? []) {
      if (atMs === 0) logs.get(record.id)?.write(stream, text);
      else plan(record.id, atMs, () => logs.get(record.id)?.write(stream, text));
    }
    if (script.runsForMs !== undefined) {
      plan(record.id, script.runsForMs, () =>
        exit(record, script.oom ? { exitCode: KILLED, reason: 'OOMKilled' } : { exitCode: script.exitCode ?? 0 }),
      );
    }
  };

  const stopContainer = async (id: string, timeoutSeconds: number, signal: AbortSignal): Promise<void> => {
    const record = unknownStops === 'ok' ? findContainer(id) : container(id);
    if (record === undefined || record.state !== ContainerState.CONTAINER_RUNNING) return;
    const { onStop = 'exit', stopsAfterMs = 0, stopExitCode = 143 } = record.script;
    if (timeoutSeconds > 0) {
      if (!record.stopSignalled) {
        record.stopSignalled = true;
        const end = (): void => exit(record, { exitCode: stopExitCode });
        if (onStop === 'exit' && stopsAfterMs === 0) end();
        else if (onStop === 'exit') plan(record.id, stopsAfterMs, end);
      }
      const grace = new AbortController();
      const giveUp = (): void => grace.abort(signal.reason);
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        await Promise.race([exited(record), waitFor(clock, timeoutSeconds * 1_000, grace.signal)]);
      } finally {
        signal.removeEventListener('abort', giveUp);
        grace.abort();
      }
      if ((record.state as ContainerState) === ContainerState.CONTAINER_EXITED) return;
    }
    kill(record);
    await Promise.race([exited(record), abortion(signal)]);
  };

  return {
    clock,
    nowNs,
    sandboxes: sandboxes as ReadonlyMap<string, SandboxRecord>,
    containers: containers as ReadonlyMap<string, ContainerRecord>,
    findSandbox,
    findContainer,
    sandbox,
    container,
    containersOf,
    runSandbox,
    stopSandbox,
    removeSandbox,
    createContainer,
    startContainer,
    stopContainer,
    removeContainer,
    exit,
    exited,
    logPath,
    log: (record: ContainerRecord): ContainerLog | undefined => logs.get(record.id),
    /** The sandbox dies by itself, as when its shim is killed: its containers go with it, its address stays recorded until it is stopped. */
    killSandbox: (record: SandboxRecord): void => {
      for (const running of containersOf(record)) destroy(running);
      record.state = PodSandboxState.SANDBOX_NOTREADY;
      tell(ContainerEventType.CONTAINER_STOPPED_EVENT, record);
    },
    /** Forgets everything without a word, as a runtime whose state directory was lost. */
    forgetAll: (): void => {
      for (const id of pending.keys()) cancelPlans(id);
      for (const log of logs.values()) log.close();
      logs.clear();
      ending.clear();
      containers.clear();
      sandboxes.clear();
    },
  };
};

export type FakeRuntime = ReturnType<typeof createFakeRuntime>;

/** Rejects when the client gives up. */
const abortion = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

const sandboxName = ({ metadata }: PodSandboxConfig): string =>
  `${metadata?.name}_${metadata?.namespace}_${metadata?.uid}_${metadata?.attempt}`;

const containerName = ({ metadata }: ContainerConfig, { metadata: pod }: PodSandboxConfig): string =>
  `${metadata?.name}_${pod?.name}_${pod?.namespace}_${pod?.uid}_${metadata?.attempt}`;

const imageMount = (wanted: NonNullable<ContainerConfig['image']>, images: ImageStore): NonNullable<ContainerConfig['image']> => ({
  ...wanted,
  imageRef: images.find(wanted.image)?.id ?? '',
});

/** What every runtime refuses when a container is created. */
const refuseUnsoundConfig = ({ mounts, linux }: ContainerConfig): void => {
  for (const { recursiveReadOnly, readonly, propagation, image, hostPath, containerPath } of mounts) {
    if (recursiveReadOnly && !(readonly && propagation === MountPropagation.PROPAGATION_PRIVATE)) {
      throw new RpcError('UNKNOWN', `recursive read-only mount ${containerPath} needs readonly and private propagation`);
    }
    if (image !== undefined && (hostPath !== '' || !readonly)) {
      throw new RpcError('UNKNOWN', `image mount ${containerPath} must be read-only and have no host path`);
    }
  }
  const security = linux?.securityContext;
  if (security?.runAsGroup !== undefined && security.runAsUser === undefined && security.runAsUsername === '') {
    throw new RpcError('UNKNOWN', 'user group is specified without user');
  }
};

/** A complete sandbox config from some of its fields. */
export const completeSandboxConfig = PodSandboxConfigCodec.fromPartial;
/** A complete container config from some of its fields. */
export const completeContainerConfig = ContainerConfigCodec.fromPartial;
