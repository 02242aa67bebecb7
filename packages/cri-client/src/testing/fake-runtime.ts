import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ContainerEventType, ContainerState, NamespaceMode, PodSandboxState } from '@solo-kubelet/cri-types';
import { onAbort } from '@solo-kubelet/timers';
import {
  type ContainerConfig,
  ContainerConfig as ContainerConfigCodec,
  type PodSandboxConfig,
  PodSandboxConfig as PodSandboxConfigCodec,
} from '../gen/cri-v1.js';
import { type Clock, waitFor } from './clock.js';
import { createContainerEndings } from './container-endings.js';
import { type ContainerLog, openContainerLog } from './container-log.js';
import type { ImageStore } from './image-store.js';
import type { Personality } from './personality.js';
import type { ContainerRecord, SandboxRecord } from './records.js';
import { notFound, RpcError } from './rpc-error.js';
import type { RuntimeEvent } from './runtime-event.js';
import {
  containerName,
  findById,
  refuseTaken,
  refuseUnsound,
  refuseWithoutLogDirectory,
  refuseWithoutUserImage,
  sandboxName,
} from './runtime-rules.js';
import type { ContainerScripts } from './script.js';

export interface FakeRuntimeOptions {
  readonly clock: Clock;
  readonly images: ImageStore;
  readonly scripts: ContainerScripts;
  readonly podIps: (config: PodSandboxConfig) => readonly string[];
  readonly runtimeHandlers: readonly string[];
  /** From the news of an exit to its record, ms. */
  readonly recordLagMs: number;
  readonly unknownStops: 'ok' | 'notFound';
  readonly personality: Personality;
  readonly onEvent: (event: RuntimeEvent) => void;
}

/** The life of sandboxes and containers: all state and every rule about it, none of the wire. */
export const createFakeRuntime = ({
  clock,
  images,
  scripts,
  podIps,
  runtimeHandlers,
  recordLagMs,
  unknownStops,
  personality,
  onEvent,
}: FakeRuntimeOptions) => {
  const sandboxes = new Map<string, SandboxRecord>();
  const containers = new Map<string, ContainerRecord>();
  const logs = new Map<string, ContainerLog>();
  const seed = randomBytes(8).toString('hex');
  let made = 0;
  let lastNs = 0n;

  /** Unix time in nanoseconds; later than every answer before. */
  const nowNs = (): bigint => {
    const clockNs = BigInt(Math.floor(clock.now())) * 1_000_000n;
    lastNs = clockNs > lastNs ? clockNs : lastNs + 1n;
    return lastNs;
  };
  const newId = (): string => createHash('sha256').update(`${seed} ${++made}`).digest('hex');
  const closeLog = ({ id }: ContainerRecord): void => {
    logs.get(id)?.close();
    logs.delete(id);
  };
  const endings = createContainerEndings({ clock, nowNs, recordLagMs, onEvent, onRecorded: closeLog });

  const findContainer = (id: string): ContainerRecord | undefined => findById(containers, id);
  const sandbox = (id: string): SandboxRecord => {
    const record = findById(sandboxes, id);
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
  const tell = (type: ContainerEventType, subject: ContainerRecord | SandboxRecord, more: Pick<RuntimeEvent, 'withSandbox'> = {}): void =>
    onEvent({ type, subject, sandbox: 'sandbox' in subject ? subject.sandbox : subject, phase: 'recorded', ...more });
  const refuseUnlessReady = ({ id, state }: SandboxRecord): void => {
    if (state !== PodSandboxState.SANDBOX_READY) throw new RpcError('UNKNOWN', `sandbox container "${id}" is not running`);
  };

  const runSandbox = (config: PodSandboxConfig, runtimeHandler: string): SandboxRecord => {
    if (config.metadata === undefined) throw new RpcError('INVALID_ARGUMENT', 'sandbox config must include metadata');
    const name = sandboxName(config);
    const holder = [...sandboxes.values()].find((other) => sandboxName(other.config) === name);
    refuseTaken('sandbox', name, holder);
    if (runtimeHandler !== '' && !runtimeHandlers.includes(runtimeHandler)) {
      throw new RpcError('UNKNOWN', `failed to get sandbox runtime: no runtime for "${runtimeHandler}" is configured`);
    }
    const hostNetwork = config.linux?.securityContext?.namespaceOptions?.network === NamespaceMode.NODE;
    const record: SandboxRecord = {
      id: newId(),
      config: personality === 'cri-o' ? labelledAsPod(config) : config,
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

  /** Ends a sandbox's containers, then the sandbox. Its address stays until somebody stops it. */
  const killSandbox = (record: SandboxRecord): void => {
    for (const running of containersOf(record)) endings.destroy(running);
    if (record.state !== PodSandboxState.SANDBOX_READY) return;
    record.state = PodSandboxState.SANDBOX_NOTREADY;
    tell(ContainerEventType.CONTAINER_STOPPED_EVENT, record);
  };
  const stopSandbox = (record: SandboxRecord): void => {
    killSandbox(record);
    record.ips = [];
  };

  /** Containers of which a task was left that CRI knows nothing of, and whether its process runs. */
  const leftTasks = new Map<string, { running: boolean }>();

  const removeContainer = (id: string, more: Pick<RuntimeEvent, 'withSandbox'> = {}): void => {
    const record = findContainer(id);
    if (record === undefined) return;
    if (leftTasks.has(record.id))
      throw new RpcError(
        'UNKNOWN',
        `failed to delete containerd container "${record.id}": cannot delete running task ${record.id}: failed precondition`,
      );
    endings.destroy(record);
    containers.delete(record.id);
    tell(ContainerEventType.CONTAINER_DELETED_EVENT, record, more);
  };

  const createContainer = (podSandboxId: string, config: ContainerConfig, sandboxConfig: PodSandboxConfig): ContainerRecord => {
    const owner = sandbox(podSandboxId);
    refuseUnlessReady(owner);
    if (config.metadata === undefined) throw new RpcError('INVALID_ARGUMENT', 'container config must include metadata');
    const name = containerName(config, owner.config);
    const holder = [...containers.values()].find((other) => containerName(other.config, other.sandbox.config) === name);
    refuseTaken('container', name, holder);
    refuseUnsound(config);
    if (personality === 'cri-o') {
      refuseWithoutUserImage(config);
      refuseWithoutLogDirectory(owner.config.logDirectory, config.logPath);
    }
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
      mounts: config.mounts.map((mount) =>
        mount.image === undefined ? mount : { ...mount, image: { ...mount.image, imageRef: images.find(mount.image.image)?.id ?? '' } },
      ),
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

  /** Sets a started container's script going. */
  const live = (record: ContainerRecord): void => {
    const { output = [], runsForMs, oom = false, exitCode = 0 } = record.script;
    for (const { atMs, stream = 'stdout', text } of output) {
      const write = (): void => logs.get(record.id)?.write(stream, text);
      if (atMs === 0) write();
      else endings.plan(record.id, atMs, write);
    }
    if (runsForMs === undefined) return;
    endings.plan(record.id, runsForMs, () => (oom ? endings.oomKill(record) : endings.exit(record, { exitCode })));
  };

  const startContainer = async (id: string, signal: AbortSignal): Promise<void> => {
    const record = container(id);
    const { startsAfterMs = 0, startError } = record.script;
    const refuseUnlessCreated = (): void => {
      if (record.state === ContainerState.CONTAINER_CREATED) return;
      throw new RpcError('UNKNOWN', `container is in ${ContainerState[record.state]} state`);
    };
    refuseUnlessCreated();
    refuseUnlessReady(record.sandbox);
    if (startsAfterMs > 0) {
      await waitFor(clock, startsAfterMs, signal);
      refuseUnlessCreated();
    }
    if (startError !== undefined) {
      endings.recordExit(record, { exitCode: 128, reason: 'StartError', message: startError });
      throw new RpcError('UNKNOWN', startError);
    }
    record.state = ContainerState.CONTAINER_RUNNING;
    record.startedAt = nowNs();
    const path = logPath(record);
    if (path !== '') logs.set(record.id, openContainerLog(path, nowNs));
    tell(ContainerEventType.CONTAINER_STARTED_EVENT, record);
    live(record);
  };

  /** The stop signal, once. */
  const signalStop = (record: ContainerRecord): void => {
    if (record.stopSignalled) return;
    record.stopSignalled = true;
    const { onStop = 'exit', stopsAfterMs = 0, stopExitCode = 143 } = record.script;
    if (onStop !== 'exit') return;
    const end = (): void => endings.exit(record, { exitCode: stopExitCode });
    if (stopsAfterMs === 0) end();
    else endings.plan(record.id, stopsAfterMs, end);
  };

  const stopContainer = async (id: string, timeoutSeconds: number, signal: AbortSignal): Promise<void> => {
    const record = unknownStops === 'ok' ? findContainer(id) : container(id);
    if (record?.state !== ContainerState.CONTAINER_RUNNING) return;
    const exited = endings.exited(record).then(() => true);
    if (timeoutSeconds > 0) {
      signalStop(record);
      const grace = new AbortController();
      const release = onAbort(signal, () => grace.abort(signal.reason));
      try {
        if (await Promise.race([exited, waitFor(clock, timeoutSeconds * 1_000, grace.signal)])) return;
      } finally {
        release();
        grace.abort();
      }
    }
    endings.kill(record);
    await Promise.race([exited, abortion(signal)]);
  };

  return {
    clock,
    nowNs,
    sandboxes: sandboxes as ReadonlyMap<string, SandboxRecord>,
    containers: containers as ReadonlyMap<string, ContainerRecord>,
    findContainer,
    sandbox,
    container,
    containersOf,
    runSandbox,
    stopSandbox: (id: string): void => {
      const record = unknownStops === 'ok' ? findById(sandboxes, id) : sandbox(id);
      if (record !== undefined) stopSandbox(record);
    },
    removeSandbox: (id: string): void => {
      const record = findById(sandboxes, id);
      if (record === undefined) return;
      stopSandbox(record);
      for (const { id: containerId } of containersOf(record)) removeContainer(containerId, { withSandbox: true });
      sandboxes.delete(record.id);
      tell(ContainerEventType.CONTAINER_DELETED_EVENT, record);
    },
    killSandbox,
    createContainer,
    startContainer,
    stopContainer,
    removeContainer: (id: string): void => removeContainer(id),
    leftTasks,
    exit: endings.exit,
    oomKill: endings.oomKill,
    exited: endings.exited,
    logPath,
    log: (record: ContainerRecord): ContainerLog | undefined => logs.get(record.id),
    /** Forgets everything without a word, as a runtime whose state directory was lost. */
    forgetAll: (): void => {
      endings.forgetAll();
      for (const record of containers.values()) closeLog(record);
      containers.clear();
      sandboxes.clear();
      leftTasks.clear();
    },
  };
};

export type FakeRuntime = ReturnType<typeof createFakeRuntime>;

/** CRI-O's own labels of a sandbox. */
const labelledAsPod = (config: PodSandboxConfig): PodSandboxConfig => ({
  ...config,
  labels: {
    ...config.labels,
    'io.kubernetes.pod.name': config.metadata?.name ?? '',
    'io.kubernetes.pod.namespace': config.metadata?.namespace ?? '',
    'io.kubernetes.pod.uid': config.metadata?.uid ?? '',
    'io.kubernetes.container.name': 'POD',
  },
});

/** Rejects when the client gives up. */
const abortion = (signal: AbortSignal): Promise<never> => new Promise((_, reject) => void onAbort(signal, () => reject(signal.reason)));

/** A complete sandbox config from some of its fields. */
export const completeSandboxConfig = PodSandboxConfigCodec.fromPartial;
/** A complete container config from some of its fields. */
export const completeContainerConfig = ContainerConfigCodec.fromPartial;
