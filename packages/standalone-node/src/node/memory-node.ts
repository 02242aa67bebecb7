import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeCri, type FakeCriOptions } from '@solo-kubelet/cri-client/testing';
import type { RunKubeletOptions } from '@solo-kubelet/kubelet';
import type { NodeEnvironment } from '@solo-kubelet/pod-environment';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { AnyProbeHandler } from '@solo-kubelet/probe-engine';

/** A container runtime in memory: it does as if, and runs nothing. */
export interface MemoryNode extends AsyncDisposable {
  readonly endpoint: string;
  readonly kubeletRoot: string;
  readonly podLogs: string;
  readonly apiSocket: string;
  readonly networks: string;
  readonly sources: string;
}

/** By UID. */
type PodsByUid = ReadonlyMap<string, { readonly pod: Pick<Pod, 'spec'> }>;

/** That of `up`: it is told of the Pods that the kubelet runs, and their containers live as is meant. */
export interface SimulatedNode extends MemoryNode {
  readonly seePods: (pods: PodsByUid) => void;
}

/** Starts it. Every image is there under its own name. */
export const startMemoryNode = async (): Promise<SimulatedNode> => {
  let pods: PodsByUid = new Map();
  const node = await startMemoryRuntime({
    registry: (reference) => ({ tags: [reference] }),
    containers: ({ podUid, containerName }) => (endsByItself(pods.get(podUid)?.pod.spec, containerName) ? { runsForMs: WORK_MS } : {}),
  });
  return {
    ...node,
    seePods: (now) => {
      pods = now;
    },
  };
};

const WORK_MS = 500;

/** Whether a container is meant to end: one before the others, or one of a Pod that is not run for good. */
export const endsByItself = (spec: Lives | undefined, containerName: string): boolean => {
  const early = spec?.initContainers?.find(({ name }) => name === containerName);
  return early === undefined ? spec?.restartPolicy === 'Never' || spec?.restartPolicy === 'OnFailure' : early.restartPolicy !== 'Always';
};

/** What of a Pod's spec says how its containers live. */
export interface Lives {
  readonly restartPolicy?: string | undefined;
  readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string | undefined }[] | undefined;
}

/** Starts it with what can be pulled, and with how containers live. */
export const startMemoryRuntime = async (options: Pick<FakeCriOptions, 'registry' | 'containers' | 'exec'>): Promise<MemoryNode> => {
  const directory = await mkdtemp(join(tmpdir(), 'solo-memory-'));
  const [kubeletRoot, podLogs] = [join(directory, 'kubelet'), join(directory, 'pod-logs')];
  for (const path of [kubeletRoot, podLogs]) await mkdir(path);
  const fake = await createFakeCri({
    runtimeName: 'memory',
    runtimeVersion: 'simulation',
    containerdEvents: false,
    ...options,
  });
  return {
    endpoint: fake.endpoint,
    kubeletRoot,
    podLogs,
    apiSocket: join(directory, 'kubelet.sock'),
    networks: join(directory, 'networks'),
    sources: join(directory, 'sources.d'),
    [Symbol.asyncDispose]: async () => {
      await fake[Symbol.asyncDispose]();
      // A kubelet that was stopped a moment ago may still have a write under way, which makes a directory that was just emptied no longer empty.
      await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
};

const succeed = async () => ({ result: 'success', output: 'simulated' }) as const;

/** Every probe succeeds: there is nothing to ask, and nothing must be asked of strangers who have such an address. */
export const simulatedProbes: readonly AnyProbeHandler[] = ['exec', 'httpGet', 'tcpSocket', 'grpc'].map((field) => ({
  field,
  probe: succeed,
}));

/** Mounts nothing: what a pod would have mounted does not matter where nothing runs. */
export const simulatedEnvironment: Partial<NodeEnvironment> = {
  runCommand: async () => ({ exitCode: 0, stdout: '', stderr: '', gaveUp: false, ended: Promise.resolve() }),
};

/** Services as objects, with addresses and ports: nothing leads there, and no kernel is asked. */
export const simulatedServiceKernel: NonNullable<RunKubeletOptions['serviceKernel']> = {
  prepare: async () => [],
  applier: {
    isInForce: async () => true,
    apply: async (previous, next) => (previous === next ? 'same' : 'replaced'),
    remove: async () => {},
    removeAll: async () => {},
    forget: async () => undefined,
    ensureRoute: async () => {},
  },
  listeners: async () => new Set(),
};
