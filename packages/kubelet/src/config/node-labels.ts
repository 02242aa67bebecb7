import { labelValueErrors, qualifiedNameErrors } from '@solo-kubelet/pod-spec';

/** Of Kubernetes' own labels those that a kubelet may give its Node (staging/src/k8s.io/kubelet/pkg/apis/well_known_labels.go). */
const ALLOWED: ReadonlySet<string> = new Set([
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'kubernetes.io/arch',
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]);
const ALLOWED_NAMESPACES = ['kubelet.kubernetes.io', 'node.kubernetes.io'] as const;
const OWN_NAMESPACES = ['kubernetes.io', 'k8s.io'] as const;

const isOf = (namespace: string, names: readonly string[]): boolean =>
  names.some((name) => namespace === name || namespace.endsWith(`.${name}`));

/** What is wrong with labels of a node; undefined: nothing. `joins`: an API server takes them, which lets nodes have few of Kubernetes' own. */
export const nodeLabelFault = (labels: Readonly<Record<string, string>>, { joins }: { readonly joins: boolean }): string | undefined => {
  for (const [key, value] of Object.entries(labels)) {
    const [why] = [...qualifiedNameErrors(key), ...labelValueErrors(value)];
    if (why !== undefined) return `${JSON.stringify(`${key}=${value}`.slice(0, 200))} is no label: ${why}`;
    const namespace = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
    if (joins && isOf(namespace, OWN_NAMESPACES) && !ALLOWED.has(key) && !isOf(namespace, ALLOWED_NAMESPACES))
      return `${key} is a label that clusters let no node give itself: of kubernetes.io and k8s.io those below ${ALLOWED_NAMESPACES.join(' and ')} are, and ${[...ALLOWED].join(', ')}; others are given with kubectl label node`;
  }
  return undefined;
};
