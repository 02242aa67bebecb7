import type { ContainerPort, PodSpec } from '@solo-kubelet/pod-spec';

const WILDCARDS: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

const hostPorts = (spec: PodSpec): readonly ContainerPort[] =>
  [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ ports = [] }) =>
    ports.flatMap((port) => {
      const hostPort = port.hostPort || (spec.hostNetwork ? port.containerPort : 0);
      return hostPort ? [{ ...port, hostPort }] : [];
    }),
  );

const collide = (a: ContainerPort, b: ContainerPort): boolean => {
  const [left, right] = [a.hostIP ?? '', b.hostIP ?? ''];
  return (
    a.hostPort === b.hostPort &&
    (a.protocol ?? 'TCP') === (b.protocol ?? 'TCP') &&
    (left === right || WILDCARDS.has(left) || WILDCARDS.has(right))
  );
};

const claimsOf = ({ volumes }: PodSpec): readonly string[] =>
  (volumes ?? []).flatMap(({ persistentVolumeClaim }) => (persistentVolumeClaim ? [persistentVolumeClaim.claimName] : []));

/** Whether two Pods cannot run at once on one node: a host port or a claim that only one may have. `isExclusive` tells of a claim by its name. */
export const excludeEachOther = (a: PodSpec, b: PodSpec, isExclusive: (claimName: string) => boolean): boolean => {
  const ports = hostPorts(b);
  if (hostPorts(a).some((port) => ports.some((other) => collide(port, other)))) return true;
  const claims = new Set(claimsOf(b));
  return claimsOf(a).some((name) => claims.has(name) && isExclusive(name));
};
