import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContainerScripts, createFakeCri, type FakeCriOptions } from '@solo-kubelet/cri-client/testing';
import type { NodeEnvironment } from '@solo-kubelet/pod-environment';
import { isSidecar } from '@solo-kubelet/pod-spec';
import type { AnyProbeHandler } from '@solo-kubelet/probe-engine';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { type PlannedPod, podsOfManifest } from '../images/pods-of-manifest.js';

/** A container runtime in memory: it does as if, and runs nothing. */
export interface MemoryNode extends AsyncDisposable {
  readonly endpoint: string;
  readonly kubeletRoot: string;
  readonly podLogs: string;
  readonly apiSocket: string;
  readonly networks: string;
  readonly sources: string;
}

/** Starts it with every image that the manifests name at that moment. */
export const startMemoryNode = async (manifests: string): Promise<MemoryNode> => {
  const pods = await podsOf(manifests);
  return startMemoryRuntime({ registry: imagesOf(pods).map((image) => ({ tags: [image] })), containers: scriptFor(pods) });
};

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

/** Every Pod that the manifests ask for now. */
const podsOf = async (manifests: string): Promise<readonly PlannedPod[]> => {
  const names = await readdir(manifests).catch((error: NodeJS.ErrnoException) => {
    // One file, or what is not there yet: the kubelet itself says so.
    if (error.code === 'ENOTDIR') return [''];
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const paths = names.filter((name) => !name.startsWith('.')).map((name) => join(manifests, name));
  const texts = await Promise.all(paths.map(readManifest));
  return texts.flatMap((text, index) => podsOfManifest(text, { path: paths[index]!, nodeName: NODE_NAME }));
};

/** Only to read documents by: the kubelet has a name of its own. */
const NODE_NAME = 'memory';

/** Empty for what cannot be read or is no regular file: the kubelet itself says so. */
const readManifest = async (path: string): Promise<string> => {
  const options = { maxBytes: MAX_MANIFEST_BYTES, followLinks: true };
  return (await readRegular(path, options).catch(() => Buffer.alloc(0))).toString();
};

const MAX_MANIFEST_BYTES = 10 * 1024 * 1024;

const imagesOf = (pods: readonly PlannedPod[]): readonly string[] => [
  ...new Set(
    pods.flatMap(({ spec }) => [...(spec.initContainers ?? []), ...spec.containers].map(({ image }) => image ?? '')).filter(Boolean),
  ),
];

const WORK_MS = 500;

/** Containers that are meant to end do so, well and soon; all others run until they are stopped. */
const scriptFor =
  (pods: readonly PlannedPod[]): ContainerScripts =>
  ({ namespace, podName, containerName, sandboxConfig }) => {
    const planned = plannedFor(pods, namespace, podName);
    const ends = planned === undefined ? JOB_NAME in sandboxConfig.labels : isToEnd(planned, containerName);
    return ends ? { runsForMs: WORK_MS } : {};
  };

/** On the Pods of Jobs, those of documents that came later among them. */
const JOB_NAME = 'batch.kubernetes.io/job-name';

const plannedFor = (pods: readonly PlannedPod[], namespace: string, podName: string): PlannedPod | undefined =>
  pods
    .filter(({ name, ...pod }) => pod.namespace === namespace && `${podName}-`.startsWith(`${withoutNode(name)}-`))
    .reduce<PlannedPod | undefined>((best, pod) => (best !== undefined && best.name.length >= pod.name.length ? best : pod), undefined);

const withoutNode = (name: string): string => (name.endsWith(`-${NODE_NAME}`) ? name.slice(0, -NODE_NAME.length - 1) : name);

const isToEnd = ({ spec }: PlannedPod, containerName: string): boolean => {
  const init = spec.initContainers?.find(({ name }) => name === containerName);
  return init === undefined ? spec.restartPolicy !== 'Always' : !isSidecar(init);
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
