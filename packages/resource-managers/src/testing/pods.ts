import { type Pod, parsePod } from '@solo-kubelet/pod-spec';

interface Asks {
  readonly name: string;
  /** Both request and limit; none: nothing is asked for. */
  readonly cpu?: string;
  readonly sidecar?: boolean;
  readonly [resource: string]: unknown;
}

/** A pod of these containers; each with as much memory as makes it Guaranteed, when it asks for cpu. */
export const podOf = (uid: string, containers: readonly Asks[], initContainers: readonly Asks[] = []): Pod => {
  const container = ({ name, sidecar, ...resources }: Asks) => ({
    name,
    image: 'i',
    ...(Object.keys(resources).length > 0 ? { resources: { limits: { memory: '64Mi', ...resources } } } : {}),
    ...(sidecar ? { restartPolicy: 'Always' } : {}),
  });
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: uid, uid },
    spec: { containers: containers.map(container), initContainers: initContainers.map(container) },
  };
  const parsed = parsePod(JSON.stringify(manifest), { path: 'pod.json', nodeName: 'node' });
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.pod;
};
