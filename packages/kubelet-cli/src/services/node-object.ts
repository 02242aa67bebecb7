import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { describeError } from '@solo-kubelet/diagnostics';
import { firstValueFrom } from 'rxjs';
import type { KubeletContext } from '../run/kubelet-services.js';
import { KUBERNETES_VERSION } from '../version.js';
import { nodePressures, readSupplies } from './node-pressure.js';

interface NodeCondition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
  readonly lastHeartbeatTime: string;
  readonly lastTransitionTime: string;
}

const MAX_IMAGES = 50;
const MAX_IMAGE_NAMES = 5;

/** The v1 Node as the kubelet would report it to an API server (pkg/kubelet/nodestatus/setters.go), made on the spot. */
export const nodeObject = async (
  { nodeName, node, facts$, cri, runtimeVersion, config, flags, startedAtMs, networkFault }: KubeletContext,
  signal: AbortSignal,
): Promise<object> => {
  const [status, images, imageFs, osRelease, machineId, bootId, productUuid, meminfo, loadavg] = await Promise.all([
    cri.runtime.status({}, { signal }).catch((error: unknown) => error as Error),
    cri.images.listImages({}, { signal }).catch(() => ({ images: [] })),
    cri.images.imageFsInfo({}, { signal }).catch(() => ({ imageFilesystems: [] })),
    read('/etc/os-release'),
    read('/etc/machine-id'),
    read('/proc/sys/kernel/random/boot_id'),
    read('/sys/class/dmi/id/product_uuid'),
    read('/proc/meminfo'),
    read('/proc/loadavg'),
  ]);
  const { resources, facts } = node;
  const { shuttingDown } = await firstValueFrom(facts$);
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
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
  const supplies = await readSupplies(
    meminfo,
    loadavg,
    node.machine.maxPids,
    flags.rootDirectory,
    imageFs.imageFilesystems[0]?.fsId?.mountpoint,
  );
  const pressures = nodePressures(supplies, config.evictionHard);
  const condition = (type: string, value: boolean, reason: string, message: string): NodeCondition => ({
    type,
    status: value ? 'True' : 'False',
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  const pressure = (what: string, under: boolean, bad: readonly [string, string], good: readonly [string, string]): NodeCondition =>
    condition(`${what}Pressure`, under, ...(under ? bad : good));
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name: nodeName, labels: facts.labels, creationTimestamp: new Date(startedAtMs).toISOString().replace(/\.\d+Z$/, 'Z') },
    spec: config.podCIDR === '' ? {} : { podCIDR: config.podCIDR },
    status: {
      capacity: resources.capacity,
      allocatable: resources.allocatable,
      conditions: [
        pressure(
          'Memory',
          pressures.memory,
          ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
          ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
        ),
        pressure(
          'Disk',
          pressures.disk,
          ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
          ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
        ),
        pressure(
          'PID',
          pressures.pids,
          ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
          ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
        ),
        condition(
          'Ready',
          ready,
          ready ? 'KubeletReady' : 'KubeletNotReady',
          ready ? 'kubelet is posting ready status' : problems.join(', '),
        ),
      ],
      addresses: [...facts.nodeIps.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: nodeName }],
      daemonEndpoints: { kubeletEndpoint: { Port: config.port } },
      nodeInfo: {
        machineID: machineId.trim(),
        systemUUID: productUuid.trim(),
        bootID: bootId.trim(),
        kernelVersion: release(),
        osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? '',
        containerRuntimeVersion: `${runtimeVersion.runtimeName}://${runtimeVersion.runtimeVersion}`,
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
    },
  };
};

const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
