import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDuration } from '@solo-kubelet/timers';
import { parseEndpoint } from '../endpoint.js';
import { EventsDefinition } from '../gen/containerd-events.js';
import { TasksDefinition } from '../gen/containerd-tasks.js';
import { ImageServiceDefinition, type PodSandboxConfig, RuntimeServiceDefinition } from '../gen/cri-v1.js';
import { createCallJournal, type FakeCall } from './call-journal.js';
import { checkpointRpcs } from './checkpoint-rpcs.js';
import { type Clock, realClock } from './clock.js';
import type { Exit } from './container-endings.js';
import { containerRpcs } from './container-rpcs.js';
import { containerdEnvelopes, execExitEnvelope, imageEnvelope } from './containerd-envelope.js';
import { type CriEventMode, createEventHub, passesFilters } from './event-hub.js';
import { execRpcs, type RunningExec } from './exec-rpcs.js';
import { createFakeRuntime, type FakeRuntime } from './fake-runtime.js';
import { createFaultBook, type Fault, type FaultHandle } from './faults.js';
import { imageRpcs } from './image-rpcs.js';
import { createImageStore, type FakeImage, type FakeRegistry, type FakeRegistryImage } from './image-store.js';
import { metricRpcs } from './metric-rpcs.js';
import { type NodeConditions, nodeRpcs, type RuntimeConfigMode } from './node-rpcs.js';
import { isCriEvent, type Personality } from './personality.js';
import type { ContainerRecord, SandboxRecord } from './records.js';
import { createRpcServer, mountService } from './rpc-server.js';
import { sandboxRpcs } from './sandbox-rpcs.js';
import type { ContainerScripts, ExecScript } from './script.js';
import { statsRpcs } from './stats-rpcs.js';
import { createStreamEndpoint, type StreamScript } from './stream-endpoint.js';
import { taskRpcs } from './task-rpcs.js';
import type { InfoStyle } from './verbose-info.js';
import { toContainerStatus, toSandboxStatus } from './wire-views.js';

export interface FakeCriOptions {
  /** Where to listen. Default: a socket in a new temporary directory, which goes with the fake. */
  readonly socketPath?: string;
  /**
   * Whose ways it has where no other option says so. `cri-o` is CRI-O 1.36 as seen: no container without its log's directory or without the image's name as the
   * user wrote it; lists with ids of images where statuses have names, and with an earlier creation; ids of images without `sha256:`; an image in use can't be
   * removed, and of one with more names the removal takes one; labels of its own on sandboxes, and a network namespace named for those on the host's too; no
   * events unless configured, and then none of a sandbox's creation and removal, nor of containers removed with it. Default `containerd`.
   */
  readonly personality?: Personality;
  /** Default: the personality. */
  readonly runtimeName?: string;
  /** Default `v2.1.0`, or `1.36.3` of CRI-O. */
  readonly runtimeVersion?: string;
  /** Default: real time. */
  readonly clock?: Clock;
  /** Images in the store from the start. Default none. */
  readonly images?: readonly FakeImage[];
  /** What can be pulled: a list, or a function of the completed reference. Default nothing. */
  readonly registry?: FakeRegistry;
  /** How each container lives. Default: it runs until stopped. */
  readonly containers?: ContainerScripts;
  /** Answers commands. Default: every command succeeds in silence. */
  readonly exec?: ExecScript;
  /** Speaks the streaming protocols. Default: the URLs answer 501. */
  readonly streams?: StreamScript;
  /** How GetContainerEvents behaves. Default `perClient`; CRI-O's, `immediateEof`. */
  readonly events?: CriEventMode;
  /** Whether containerd's own event service answers. Default: when the name is `containerd`. */
  readonly containerdEvents?: boolean;
  /** From the news of an exit to the moment list and status show it, ms. Default 0; a real containerd takes a few ms. */
  readonly recordLagMs?: number;
  /** How a stop of an unknown id ends. Default `ok`, as the contract has it; containerd 1.6 says NotFound. */
  readonly unknownStops?: 'ok' | 'notFound';
  /** RPC names that answer UNIMPLEMENTED. Default: the streamed lists, the metrics and the checkpoints. */
  readonly unimplemented?: readonly string[];
  /** What RuntimeConfig answers. Default `cgroupfs`. */
  readonly runtimeConfig?: RuntimeConfigMode;
  /** The driver that a verbose Status tells, as containerd's does. Default: it tells none. */
  readonly infoCgroupDriver?: 'systemd' | 'cgroupfs';
  /** The image of sandboxes that a verbose Status tells; no sandbox needs it. Default: it tells none. */
  readonly sandboxImage?: string;
  /** Where a verbose Status says that network files and plugins lie. Default: it tells nothing. */
  readonly cniDirectories?: NodeConditions['cniDirectories'];
  /** Whether it says that mounts may have options, as runtimes of Kubernetes 1.37's time can. Default false. */
  readonly mountOptions?: boolean;
  /** Names accepted as `runtime_handler` besides the empty one. Default `['runc']`. */
  readonly runtimeHandlers?: readonly string[];
  /** Form of the verbose info maps. Default: that of the personality. */
  readonly infoStyle?: InfoStyle;
  /** Addresses of a new sandbox off the host network. Default: one of 10.88.0.0/16, in turn. */
  readonly podIps?: (config: PodSandboxConfig) => readonly string[];
  /** Mount point that ImageFsInfo names. Default `/`. */
  readonly imageFsPath?: string;
}

/** The RPCs that a runtime of Kubernetes 1.36's time may lack. */
const USUALLY_UNIMPLEMENTED = [
  'StreamPodSandboxes',
  'StreamContainers',
  'StreamContainerStats',
  'StreamPodSandboxStats',
  'StreamPodSandboxMetrics',
  'StreamImages',
  'ListMetricDescriptors',
  'ListPodSandboxMetrics',
  'CheckpointContainer',
  'CheckpointPod',
  'RestorePod',
] as const;

export interface FakeCri extends AsyncDisposable {
  readonly socketPath: string;
  /** `unix://` and the socket path. */
  readonly endpoint: string;
  readonly sandboxes: readonly Readonly<SandboxRecord>[];
  readonly containers: readonly Readonly<ContainerRecord>[];
  /** Commands that run now. */
  readonly runningExecs: readonly RunningExec[];
  /** Every call received, oldest first. */
  readonly calls: readonly FakeCall[];
  clearCalls(): void;
  /** Resolves when the `count`-th call (default: the first) of a method has arrived and was begun with, past ones included. */
  called(method: string, count?: number): Promise<FakeCall>;
  /** Makes calls go wrong. */
  fault(fault: Fault): FaultHandle;
  clearFaults(): void;
  /** Ends a running container, even one that hangs. `container` is a container's name, an id or a unique prefix of one. */
  exitContainer(container: string, exit: Exit): void;
  /** As the kernel's out-of-memory killer. */
  oomKill(container: string): void;
  /** Leaves a task of a container behind, as containerd 1.6 can when a start is cut short: it can't be removed until the task is deleted. */
  leaveTask(container: string, options?: { readonly running?: boolean }): void;
  /** Writes to a running container's log. */
  writeLog(container: string, text: string, stream?: 'stdout' | 'stderr'): void;
  /** The sandbox's processes die without anybody having asked. */
  killSandbox(sandbox: string): void;
  addImage(image: FakeImage): string;
  /** Makes an image available for pulls; a tag moves from what had it before. */
  publishImage(image: FakeRegistryImage): void;
  /** Conditions that may be changed at any time. */
  readonly conditions: NodeConditions;
  /** RPC names that answer UNIMPLEMENTED; may be changed at any time. */
  readonly unimplemented: Set<string>;
  /** Open subscriptions to events. */
  readonly subscribers: { readonly containerd: number; readonly cri: number };
  /** Breaks all connections; new ones are welcome. */
  dropConnections(): void;
  /** The runtime dies: connections break, the socket goes away. Containers live on, as under containerd's shims. */
  crash(): Promise<void>;
  /** The runtime comes back, with its records (`keep`, the default) or without any (`lose`). */
  restart(options?: { readonly state?: 'keep' | 'lose' }): Promise<void>;
  close(): Promise<void>;
}

/** Starts a whole CRI server in memory, on a unix socket. */
export const createFakeCri = async ({
  socketPath: wantedSocketPath,
  personality = 'containerd',
  runtimeName = personality,
  runtimeVersion = personality === 'cri-o' ? '1.36.3' : 'v2.1.0',
  clock = realClock,
  images: initialImages = [],
  registry = [],
  containers: scripts = () => ({}),
  exec = () => ({}),
  streams: streamScript,
  events: eventMode = personality === 'cri-o' ? 'immediateEof' : 'perClient',
  containerdEvents = runtimeName === 'containerd',
  recordLagMs: givenLagMs,
  unknownStops = 'ok',
  mountOptions = false,
  cniDirectories,
  unimplemented: initiallyUnimplemented = USUALLY_UNIMPLEMENTED,
  runtimeConfig = 'cgroupfs',
  infoCgroupDriver,
  sandboxImage,
  runtimeHandlers = ['runc'],
  infoStyle = personality === 'cri-o' ? 'cri-o-no-infra' : 'containerd',
  podIps = addressesInTurn(),
  imageFsPath = '/',
}: FakeCriOptions = {}): Promise<FakeCri> => {
  const recordLagMs = checkDuration('recordLagMs', givenLagMs, 0);
  const ownDirectory = wantedSocketPath === undefined ? await mkdtemp(join(tmpdir(), 'fake-cri-')) : undefined;
  const socketPath = parseEndpoint(wantedSocketPath ?? join(ownDirectory ?? '', 'cri.sock'));
  const journal = createCallJournal(clock);
  const faults = createFaultBook();
  const events = createEventHub();
  const unimplemented = new Set<string>(initiallyUnimplemented);
  const running = new Set<RunningExec>();
  const streams = createStreamEndpoint(streamScript);
  const conditions: NodeConditions = {
    networkReady: true,
    runtimeReady: true,
    runtimeConfig,
    infoCgroupDriver,
    podCidr: '',
    sandboxImage,
    mountOptions,
    cniDirectories,
  };

  const images = createImageStore({
    clock,
    images: initialImages,
    registry,
    idPrefix: personality === 'cri-o' ? '' : 'sha256:',
    onChange: (change, name) => events.containerd.publish(imageEnvelope(change, name, clock.now())),
  });
  const runtime: FakeRuntime = createFakeRuntime({
    clock,
    images,
    scripts,
    podIps,
    runtimeHandlers,
    recordLagMs,
    unknownStops,
    personality,
    onEvent: (event) => {
      for (const envelope of containerdEnvelopes(event, clock.now())) events.containerd.publish(envelope);
      if (!isCriEvent(personality, event)) return;
      events.publishCri({
        containerId: event.subject.id,
        containerEventType: event.type,
        createdAt: runtime.nowNs(),
        podSandboxStatus: toSandboxStatus(event.sandbox),
        containersStatuses: runtime.containersOf(event.sandbox).map((one) => toContainerStatus(one, runtime.logPath(one))),
      });
    },
  });
  const execs = execRpcs({ runtime, script: exec, running, streams });

  const server = createRpcServer({
    socketPath,
    clock,
    faults,
    journal,
    isUnimplemented: (method) => unimplemented.has(method),
    services: [
      mountService(RuntimeServiceDefinition, {
        ...nodeRpcs({ runtimeName, runtimeVersion, runtimeHandlers, conditions, events, eventMode }),
        ...sandboxRpcs(runtime, infoStyle),
        ...checkpointRpcs(runtime),
        ...containerRpcs(runtime, infoStyle, personality),
        ...execs,
        execSync: async (request, context) => {
          try {
            return await execs.execSync(request, context);
          } finally {
            events.containerd.publish(execExitEnvelope(request.containerId, `exec-${journal.calls.length}`, clock.now()));
          }
        },
        ...statsRpcs(runtime),
        ...metricRpcs(runtime),
      }),
      mountService(ImageServiceDefinition, imageRpcs({ runtime, images, imageFsPath, personality })),
      ...(containerdEvents
        ? [
            mountService(EventsDefinition, {
              subscribe: async function* ({ filters }, { signal }) {
                for await (const event of events.containerd.subscribe(signal)) if (passesFilters(filters, event)) yield event;
              },
            }),
            mountService(TasksDefinition, taskRpcs(runtime)),
          ]
        : []),
    ],
  });
  await server.start();

  const containerNamed = (wanted: string): ContainerRecord => {
    // By name first: `a` is also how one id in sixteen begins.
    const record =
      [...runtime.containers.values()].reverse().find(({ config }) => config.metadata?.name === wanted) ?? runtime.findContainer(wanted);
    if (record === undefined) throw new Error(`the fake runtime has no container ${wanted}`);
    return record;
  };
  const close = async (): Promise<void> => {
    await server.stop();
    await streams.close();
    runtime.forgetAll();
    if (ownDirectory !== undefined) await rm(ownDirectory, { recursive: true, force: true });
  };

  return {
    socketPath,
    endpoint: `unix://${socketPath}`,
    get sandboxes() {
      return [...runtime.sandboxes.values()];
    },
    get containers() {
      return [...runtime.containers.values()];
    },
    get runningExecs() {
      return [...running];
    },
    calls: journal.calls,
    clearCalls: journal.clear,
    called: journal.called,
    fault: faults.add,
    clearFaults: faults.clear,
    exitContainer: (wanted, exit) => runtime.exit(containerNamed(wanted), exit),
    oomKill: (wanted) => runtime.oomKill(containerNamed(wanted)),
    leaveTask: (wanted, { running: runs = false } = {}) => void runtime.leftTasks.set(containerNamed(wanted).id, { running: runs }),
    writeLog: (wanted, text, stream = 'stdout') => runtime.log(containerNamed(wanted))?.write(stream, text),
    killSandbox: (wanted) => runtime.killSandbox(runtime.sandbox(wanted)),
    addImage: images.add,
    publishImage: images.publish,
    conditions,
    unimplemented,
    get subscribers() {
      return { containerd: events.containerd.subscribers, cri: events.criSubscribers };
    },
    dropConnections: server.dropConnections,
    crash: server.stop,
    restart: async ({ state = 'keep' } = {}) => {
      await server.stop();
      if (state === 'lose') runtime.forgetAll();
      await server.start();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};

const addressesInTurn = () => {
  let last = 1;
  return (): readonly string[] => {
    last++;
    return [`10.88.${last >> 8}.${last & 255}`];
  };
};
