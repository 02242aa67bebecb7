import type { Container, Pod } from '@solo-kubelet/pod-spec';

// The names by which a kubelet finds its containers again. Upstream: pkg/kubelet/kuberuntime/labels.go, pkg/kubelet/types/labels.go.

/** Of sandboxes and containers. */
export const podLabels = ({ metadata }: Pod): Record<string, string> => ({
  'io.kubernetes.pod.name': metadata.name,
  'io.kubernetes.pod.namespace': metadata.namespace,
  'io.kubernetes.pod.uid': metadata.uid,
});

export const containerLabels = (pod: Pod, container: Container): Record<string, string> => ({
  ...podLabels(pod),
  'io.kubernetes.container.name': container.name,
});

/** What lets a kubelet end a container whose manifest is gone. `hash` is the container's spec hash. */
export const containerAnnotations = (pod: Pod, container: Container, restartCount: number, hash: string): Record<string, string> => {
  const { terminationGracePeriodSeconds } = pod.spec;
  const { deletionGracePeriodSeconds } = pod.metadata;
  return {
    'io.kubernetes.container.hash': hash,
    'io.kubernetes.container.restartCount': `${restartCount}`,
    'io.kubernetes.container.terminationMessagePath': container.terminationMessagePath ?? '',
    'io.kubernetes.container.terminationMessagePolicy': container.terminationMessagePolicy ?? '',
    ...(deletionGracePeriodSeconds === undefined ? {} : { 'io.kubernetes.pod.deletionGracePeriod': `${deletionGracePeriodSeconds}` }),
    ...(terminationGracePeriodSeconds === undefined
      ? {}
      : { 'io.kubernetes.pod.terminationGracePeriod': `${terminationGracePeriodSeconds}` }),
    ...(container.lifecycle?.preStop ? { 'io.kubernetes.container.preStopHandler': toJson(container.lifecycle.preStop) } : {}),
    ...(container.ports?.length ? { 'io.kubernetes.container.ports': toJson(container.ports) } : {}),
  };
};

const toJson = (value: unknown): string => JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? Number(item) : item));
