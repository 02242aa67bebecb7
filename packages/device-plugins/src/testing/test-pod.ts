import type { Container, Pod } from '@solo-kubelet/pod-spec';

/** A container that asks for devices: resource name → how many. */
export const deviceContainer = (name: string, limits: Readonly<Record<string, number>>, rest: Partial<Container> = {}): Container => ({
  name,
  image: 'img',
  resources: { limits: Object.fromEntries(Object.entries(limits).map(([resource, count]) => [resource, String(count)])) },
  ...rest,
});

/** A pod whose UID is `uid-<name>`. */
export const devicePod = (name: string, containers: readonly Container[], initContainers: readonly Container[] = []): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', uid: `uid-${name}` },
  spec: { containers: [...containers], ...(initContainers.length > 0 ? { initContainers: [...initContainers] } : {}) },
});
