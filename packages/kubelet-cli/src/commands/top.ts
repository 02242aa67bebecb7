import type { Pod } from '@solo-kubelet/pod-spec';
import { delay } from '@solo-kubelet/timers';
import { tableWidth, write, writeRaw } from '../cli-io.js';
import { findPod } from '../client/find-pod.js';
import { formatTable } from '../output/table.js';
import { DEFAULT_NAMESPACE, inNamespace, type NamespaceChoice, type VerbContext } from './verb-context.js';

export interface TopOptions extends NamespaceChoice {
  readonly what: 'pods' | 'node';
  /** Only this pod. */
  readonly pod?: string;
  /** A line per container. */
  readonly containers?: boolean;
  readonly watch?: boolean;
  readonly sortBy?: 'cpu' | 'memory';
  readonly noHeaders?: boolean;
}

interface Measurements {
  readonly cpu?: { readonly usageNanoCores?: number };
  readonly memory?: { readonly workingSetBytes?: number; readonly availableBytes?: number };
}

interface SummaryMeasurements {
  readonly node: Measurements & { readonly nodeName: string };
  readonly pods: readonly (Measurements & {
    readonly podRef: { readonly name: string; readonly namespace: string };
    readonly containers: readonly (Measurements & { readonly name: string })[];
  })[];
}

const REFRESH_MS = 2_000;
/** CPU is a rate between two readings: time between the first two. */
const FIRST_INTERVAL_MS = 1_000;
const CLEAR = '\u001b[H\u001b[2J';

/** `top pods|node [--containers] [--watch]`. */
export const top = async (options: TopOptions, context: VerbContext): Promise<number> => {
  const { client, io, signal } = context;
  const read = async (): Promise<SummaryMeasurements> => (await client.getSummary({ signal })) as unknown as SummaryMeasurements;
  const only =
    options.pod === undefined ? undefined : findPod(await client.listPods({ signal }), options.pod, options.namespace ?? DEFAULT_NAMESPACE);
  let summary = await read();
  if (summary.node.cpu?.usageNanoCores === undefined || summary.pods.some(({ cpu }) => cpu && cpu.usageNanoCores === undefined)) {
    await delay(FIRST_INTERVAL_MS, undefined, { signal });
    summary = await read();
  }
  for (;;) {
    const running =
      options.what === 'node'
        ? new Set<string>()
        : runningContainers(
            (await client.listPods({ signal })).filter(({ metadata }) => only === undefined || metadata.uid === only.metadata.uid),
          );
    const text = render(summary, running, options, tableWidth(io));
    if (options.watch && io.stdout.isTTY) await writeRaw(io.stdout, CLEAR);
    await write(io.stdout, text);
    if (!options.watch) return 0;
    await delay(REFRESH_MS, undefined, { signal });
    summary = await read();
  }
};

/** `namespace/pod`, and `namespace/pod/container`, of all that runs: what has ended uses nothing. */
export const runningContainers = (pods: readonly Pod[]): ReadonlySet<string> =>
  new Set(
    pods.flatMap(({ metadata, status }) => {
      const pod = `${metadata?.namespace}/${metadata?.name}`;
      const running = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].filter(
        ({ state }) => state?.running,
      );
      return running.length === 0 ? [] : [pod, ...running.map(({ name }) => `${pod}/${name}`)];
    }),
  );

const milliCores = ({ cpu }: Measurements): string =>
  cpu?.usageNanoCores === undefined ? '<unknown>' : `${Math.ceil(cpu.usageNanoCores / 1e6)}m`;
const mebibytes = ({ memory }: Measurements): string =>
  memory?.workingSetBytes === undefined ? '<unknown>' : `${Math.round(memory.workingSetBytes / 2 ** 20)}Mi`;

const keyOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string => `${namespace}/${name}`;

const render = (summary: SummaryMeasurements, running: ReadonlySet<string>, options: TopOptions, maxWidth: number | undefined): string => {
  const table = { ...(options.noHeaders ? { noHeaders: true } : {}), ...(maxWidth === undefined ? {} : { maxWidth }) };
  if (options.what === 'node') {
    const { node } = summary;
    const total = (node.memory?.workingSetBytes ?? 0) + (node.memory?.availableBytes ?? 0);
    const share = total === 0 ? '<unknown>' : `${Math.round(((node.memory?.workingSetBytes ?? 0) * 100) / total)}%`;
    return formatTable(
      ['NAME', 'CPU(cores)', 'MEMORY(bytes)', 'MEMORY%'],
      [[node.nodeName, milliCores(node), mebibytes(node), share]],
      table,
    );
  }
  const namespaced = options.allNamespaces === true;
  const pods = inNamespace(summary.pods, ({ podRef }) => podRef.namespace, options).filter(({ podRef }) => running.has(keyOf(podRef)));
  const rows = pods.flatMap((pod) =>
    (options.containers ? pod.containers.filter(({ name }) => running.has(`${keyOf(pod.podRef)}/${name}`)) : [pod]).map((measurements) => ({
      measurements,
      cells: [
        ...(namespaced ? [pod.podRef.namespace] : []),
        pod.podRef.name,
        ...(options.containers ? [(measurements as { readonly name: string }).name] : []),
        milliCores(measurements),
        mebibytes(measurements),
      ],
    })),
  );
  const weight = ({ measurements }: (typeof rows)[number]): number =>
    options.sortBy === 'cpu' ? (measurements.cpu?.usageNanoCores ?? 0) : (measurements.memory?.workingSetBytes ?? 0);
  const sorted = options.sortBy === undefined ? rows : rows.toSorted((a, b) => weight(b) - weight(a));
  const columns = [
    ...(namespaced ? ['NAMESPACE'] : []),
    options.containers ? 'POD' : 'NAME',
    ...(options.containers ? ['NAME'] : []),
    'CPU(cores)',
    'MEMORY(bytes)',
  ];
  return formatTable(
    columns,
    sorted.map(({ cells }) => cells),
    table,
  );
};
