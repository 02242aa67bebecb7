import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { describeError } from '@solo-kubelet/diagnostics';
import { metaTime } from '@solo-kubelet/diagnostics/text';
import { readSystemUuid } from '@solo-kubelet/node-stats';
import { firstValueFrom } from 'rxjs';
import { declaredFeatures } from '../config/feature-gates.js';
import { KUBERNETES_VERSION } from '../defaults/kubernetes-version.js';
import { pressureConditions } from '../eviction/pressure-conditions.js';
import type { KubeletContext } from '../kubelet-services.js';
import type { NodeCondition } from './node-condition.js';

const MAX_IMAGES = 50;
const MAX_IMAGE_NAMES = 5;

/** The v1 Node as the kubelet would report it to an API server (pkg/kubelet/nodestatus/setters.go), made on the spot. */
export const nodeObject = async (
  { nodeName, node, facts$, cri, runtimeVersion, config, clock, startedAtMs, networkFault }: KubeletContext,
  signal: AbortSignal,
  readySince: (ready: boolean, nowMs: number) => number,
): Promise<object> => {
  const [status, images, osRelease, identity, { pressures = [], shuttingDown }] = await Promise.all([
    cri.runtime.status({}, { signal }).catch((error: unknown) => error as Error),
    cri.images.listImages({}, { signal }).catch(() => ({ images: [] })),
    read('/etc/os-release'),
    machineIdentity(node),
    firstValueFrom(facts$),
  ]);
  const { resources, facts } = node;
  const nowMs = clock.now();
  const now = metaTime(nowMs);
  const runtimeConditions = status instanceof Error ? [] : (status.status?.conditions ?? []);
  const isTrue = (type: string): boolean => runtimeConditions.find((condition) => condition.type === type)?.status === true;
  const runtimeFault = runtimeConditions.find(({ type, status: value }) => type === 'RuntimeReady' && !value);
  const problems = [
    ...(status instanceof Error ? [status.message] : []),
    ...(runtimeFault ? [`RuntimeReady=false: ${runtimeFault.reason} ${runtimeFault.message}`.trim()] : []),
    ...(status instanceof Error || isTrue('NetworkReady')
      ? []
      : [(await networkFault(signal).catch(describeError)) ?? 'the network has just come back']),
    ...(shuttingDown ? ['node is shutting down'] : []),
  ];
  const ready = isTrue('RuntimeReady') && isTrue('NetworkReady') && !shuttingDown;
  const readyCondition = (reason: string, message: string): NodeCondition => ({
    type: 'Ready',
    status: ready ? 'True' : 'False',
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: metaTime(readySince(ready, nowMs)),
  });
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name: nodeName, labels: facts.labels, creationTimestamp: metaTime(startedAtMs) },
    spec: config.podCIDR === '' ? {} : { podCIDR: config.podCIDR },
    status: {
      capacity: resources.capacity,
      allocatable: resources.allocatable,
      conditions: [
        ...pressureConditions(pressures, { startedAtMs, nowMs }),
        readyCondition(ready ? 'KubeletReady' : 'KubeletNotReady', ready ? 'kubelet is posting ready status' : problems.join(', ')),
      ],
      addresses: [...facts.nodeIps.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: nodeName }],
      daemonEndpoints: { kubeletEndpoint: { Port: config.port } },
      nodeInfo: {
        ...identity,
        kernelVersion: release(),
        osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? '',
        containerRuntimeVersion: `${runtimeVersion.runtimeName}://${shownVersion(runtimeVersion.runtimeVersion)}`,
        kubeletVersion: KUBERNETES_VERSION,
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: facts.labels['kubernetes.io/arch'] ?? '',
      },
      images: [...images.images]
        .sort((a, b) => Number(b.size - a.size))
        .slice(0, MAX_IMAGES)
        .map((image) => ({ names: [...image.repoDigests, ...image.repoTags].slice(0, MAX_IMAGE_NAMES), sizeBytes: Number(image.size) })),
      runtimeHandlers: status instanceof Error ? [] : status.runtimeHandlers.map(({ name, features }) => ({ name, features })),
      ...(status instanceof Error || status.features === undefined
        ? {}
        : { features: { supplementalGroupsPolicy: status.features.supplementalGroupsPolicy } }),
      declaredFeatures: declaredFeatures(config.featureGates),
    },
  };
};

interface MachineIdentity {
  readonly machineID: string;
  readonly systemUUID: string;
  readonly bootID: string;
}

/** A machine stays which it is for as long as a kubelet runs on it, and firmware is slow to ask. */
const identities = new WeakMap<KubeletContext['node'], Promise<MachineIdentity>>();

/** Which machine this is. */
export const machineIdentity = (node: KubeletContext['node']): Promise<MachineIdentity> => {
  const known = identities.get(node);
  if (known !== undefined) return known;
  const asked = readIdentity();
  identities.set(node, asked);
  asked.then(({ machineID, bootID }) => {
    // What cannot be read now (too many open files) is asked for again.
    if (machineID === '' || bootID === '') identities.delete(node);
  });
  return asked;
};

const readIdentity = async (): Promise<MachineIdentity> => {
  const [machineId, bootId, systemUUID] = await Promise.all([
    read('/etc/machine-id'),
    read('/proc/sys/kernel/random/boot_id'),
    readSystemUuid(),
  ]);
  return { machineID: machineId.trim(), systemUUID, bootID: bootId.trim() };
};

/** As upstream tells it: a version that is not a semantic one loses what follows its numbers (Debian's `1.6.20~ds1`). */
export const shownVersion = (version: string): string =>
  SEMANTIC.test(version) ? version.replace(/^v/, '') : (/^\s*v?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? version);

const SEMANTIC = /^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
