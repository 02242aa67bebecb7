import type { StoredObject } from '@solo-kubelet/api-server';
import type { Summary } from '@solo-kubelet/node-stats';

const API = 'metrics.k8s.io/v1beta1';
/** The time that CPU measurements are taken over. */
const WINDOW = '10s';

interface Measurements {
  readonly cpu?: { readonly time: string; readonly usageNanoCores?: number };
  readonly memory?: { readonly time: string; readonly workingSetBytes?: number };
}

const usageOf = ({ cpu, memory }: Measurements): Readonly<Record<string, string>> => ({
  cpu: `${Math.round(cpu?.usageNanoCores ?? 0)}n`,
  memory: `${Math.floor((memory?.workingSetBytes ?? 0) / 1024)}Ki`,
});

const timeOf = ({ cpu, memory }: Measurements): string =>
  `${(cpu?.time ?? memory?.time ?? new Date(0).toISOString()).replace(/\.\d+Z$/, 'Z')}`;

/** `NodeMetrics` of the node from what /stats/summary says. */
export const nodeMetrics = ({ node }: Summary, labels: Readonly<Record<string, string>>): StoredObject => ({
  apiVersion: API,
  kind: 'NodeMetrics',
  metadata: { name: node.nodeName, creationTimestamp: timeOf(node), labels },
  timestamp: timeOf(node),
  window: WINDOW,
  usage: usageOf(node),
});

/** `PodMetrics` of every Pod whose containers were measured; `labelsOf` by `namespace/name`. */
export const podMetrics = (
  { pods }: Summary,
  labelsOf: (key: string) => Readonly<Record<string, string>> | undefined,
): readonly StoredObject[] =>
  pods.flatMap(({ podRef: { namespace, name }, containers }) => {
    const measured = containers.filter(({ cpu, memory }) => cpu !== undefined || memory !== undefined);
    if (measured.length === 0) return [];
    const labels = labelsOf(`${namespace}/${name}`);
    return [
      {
        apiVersion: API,
        kind: 'PodMetrics',
        metadata: { name, namespace, creationTimestamp: timeOf(measured[0]!), ...(labels && { labels }) },
        timestamp: timeOf(measured[0]!),
        window: WINDOW,
        containers: measured.map((container) => ({ name: container.name, usage: usageOf(container) })),
      },
    ];
  });
