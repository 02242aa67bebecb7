import type { CDIDevice, Device } from '@solo-kubelet/cri-types';
import type { Container, Pod } from '@solo-kubelet/pod-spec';
import { PodEnvironmentError } from '../pod-environment-error.js';

const CDI_PREFIX = 'cdi.k8s.io/';
const DEVICES_PREFIX = 'devices.solo-kubelet.dev/';

/** CDI devices that the pod's `cdi.k8s.io/…` annotations name, comma-separated in the values; each container gets them (docs/decisions/050). */
export const podCdiDevices = (pod: Pod, allowed: readonly string[]): CDIDevice[] => {
  const names = new Set(
    Object.entries(pod.metadata.annotations ?? {}).flatMap(([key, value]) => (key.startsWith(CDI_PREFIX) ? listed(value) : [])),
  );
  return [...names].map((name) => ({ name: permitted(name, allowed) }));
};

/**
 * Devices that an unprivileged container may use, from the pod's annotation `devices.solo-kubelet.dev/<container>`: a comma-separated list of
 * `hostPath[:containerPath[:permissions]]`, permissions being some of `rwm` (default `rwm`).
 * @throws PodEnvironmentError DEVICE_NOT_ALLOWED for one that the node's owner has not allowed
 */
export const containerDevices = (pod: Pod, container: Container, allowed: readonly string[]): Device[] =>
  listed(pod.metadata.annotations?.[DEVICES_PREFIX + container.name] ?? '').map((item) => {
    const [hostPath = '', containerPath, permissions] = item.split(':');
    return { hostPath: permitted(hostPath, allowed), containerPath: containerPath || hostPath, permissions: permissions || 'rwm' };
  });

/** Allowed is what is named, or begins like a name that ends in `*`. A path is compared as it stands, so it must not turn back on itself. */
const permitted = (device: string, allowed: readonly string[]): string => {
  const isPlain = !device.split('/').some((element) => element === '.' || element === '..');
  const matches = (pattern: string): boolean => (pattern.endsWith('*') ? device.startsWith(pattern.slice(0, -1)) : device === pattern);
  if (isPlain && allowed.some(matches)) return device;
  throw new PodEnvironmentError({
    code: 'DEVICE_NOT_ALLOWED',
    message: `device "${device}" is not allowed on this node`,
    hint: 'Devices that Pods may ask for by annotation are those that the kubelet was started with as allowed; this is not one of them.',
  });
};

const listed = (text: string): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
