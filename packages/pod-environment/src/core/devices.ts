import type { CDIDevice, Device } from '@solo-kubelet/cri-client';
import type { Container, Pod } from '@solo-kubelet/pod-spec';

const CDI_PREFIX = 'cdi.k8s.io/';
const DEVICES_PREFIX = 'devices.solo-kubelet.dev/';

/** CDI devices that the pod's `cdi.k8s.io/…` annotations name, comma-separated in the values; each container gets them (docs/decisions/050). */
export const podCdiDevices = (pod: Pod): CDIDevice[] =>
  [
    ...new Set(Object.entries(pod.metadata.annotations ?? {}).flatMap(([key, value]) => (key.startsWith(CDI_PREFIX) ? listed(value) : []))),
  ].map((name) => ({ name }));

/**
 * Devices that an unprivileged container may use, from the pod's annotation `devices.solo-kubelet.dev/<container>`: a comma-separated list of
 * `hostPath[:containerPath[:permissions]]`, permissions being some of `rwm` (default `rwm`). Items that are no absolute path are left out.
 */
export const containerDevices = (pod: Pod, container: Container): Device[] =>
  listed(pod.metadata.annotations?.[DEVICES_PREFIX + container.name] ?? '').flatMap((item) => {
    const [hostPath = '', containerPath, permissions] = item.split(':');
    if (!hostPath.startsWith('/')) return [];
    return [{ hostPath, containerPath: containerPath || hostPath, permissions: permissions || 'rwm' }];
  });

const listed = (text: string): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
