import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { podManifest, script } from '../kubelet/manifests.js';
import type { TestNode } from '../kubelet/node.js';
import { STAY } from '../lifecycle/watching.js';

/** Times that a user of the node sees, ms. */
export interface NodeTimes {
  /** From the end of a container until the next one runs. */
  readonly restart: number[];
  /** From the moment a manifest is there until its container runs. */
  readonly start: number[];
  /** From the moment a manifest is gone until its container has ended. */
  readonly end: number[];
  /** From one probe of a second's period to the next. */
  readonly probeGap: number[];
  /** From the first failure that a probe can see until the Pod is shown as not ready. */
  readonly unready: number[];
}

export const emptyTimes = (): NodeTimes => ({ restart: [], start: [], end: [], probeGap: [], unready: [] });
export const joinTimes = (one: NodeTimes, other: NodeTimes): NodeTimes =>
  Object.fromEntries(
    Object.entries(one).map(([what, times]) => [what, [...times, ...other[what as keyof NodeTimes]]]),
  ) as unknown as NodeTimes;

/** The value below which that part of all lies. */
export const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;

/** A server of this process that the Pods' readiness probes ask, by their names. */
export const startProbed = async () => {
  const [unready, last, gaps] = [new Set<string>(), new Map<string, number>(), [] as number[]];
  const server: Server = createServer((request, response) => {
    const [name, now] = [request.url?.slice(1) ?? '', performance.now()];
    const before = last.get(name);
    if (before !== undefined) gaps.push(now - before);
    last.set(name, now);
    response.writeHead(unready.has(name) ? 503 : 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    unready,
    gaps,
    probe: (name: string): object => ({
      httpGet: { host: '127.0.0.1', port, path: `/${name}` },
      periodSeconds: 1,
      // What a probe takes is measured by its pace; that one is late is not to make a Pod unready.
      timeoutSeconds: 10,
      failureThreshold: 1,
    }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
export type Probed = Awaited<ReturnType<typeof startProbed>>;

const SIGNAL = { signal: new AbortController().signal };
const PATIENCE_MS = 120_000;
const NS_PER_MS = 1e6;

/** Until a container that is told to end has been started anew, by the runtime's own clock. Only a first restart is without a back-off. */
const timeRestart = async (node: TestNode, name: string): Promise<number> => {
  await node.exec(name, 'kill 1');
  const [ended, started] = await waitFor(
    async () => {
      const statuses = await node.containerStatuses(name);
      const [last, old] = [statuses.at(-1), statuses.at(-2)];
      return last !== undefined && old !== undefined && last.startedAt > 0n && ([old.finishedAt, last.startedAt] as const);
    },
    { what: `a restart of ${name}`, timeoutMs: PATIENCE_MS },
  );
  return Number(started - ended) / NS_PER_MS;
};

const timeManifest = async (node: TestNode, name: string): Promise<{ readonly start: number; readonly end: number }> => {
  const droppedMs = Date.now();
  await node.drop(`${name}.json`, JSON.stringify(podManifest(name, { containers: [script('app', STAY)] })));
  const running = await waitFor(
    async () => {
      const [status] = await node.containerStatuses(name);
      return status !== undefined && status.startedAt > 0n && status;
    },
    { what: `the container of ${name}`, timeoutMs: PATIENCE_MS },
  );
  const removedMs = Date.now();
  await node.remove(`${name}.json`);
  const endedMs = await waitFor(
    async () => {
      const [status] = await node.containerStatuses(name);
      if (status === undefined) return Date.now();
      return status.finishedAt > 0n && Number(status.finishedAt) / NS_PER_MS;
    },
    { what: `the end of ${name}`, timeoutMs: PATIENCE_MS },
  );
  return { start: Number(running.startedAt) / NS_PER_MS - droppedMs, end: endedMs - removedMs };
};

const timeUnready = async (node: TestNode, { unready }: Probed, name: string): Promise<number> => {
  const isReady = async (): Promise<boolean> =>
    (await node.api.listPods(SIGNAL)).some(
      ({ metadata, status }) =>
        metadata.name.startsWith(`${name}-`) && status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    );
  const sinceMs = performance.now();
  unready.add(name);
  await waitFor(async () => !(await isReady()), { what: `${name} not ready`, timeoutMs: PATIENCE_MS, intervalMs: 20 });
  const tookMs = performance.now() - sinceMs;
  unready.delete(name);
  return tookMs;
};

export interface MeasureOptions {
  readonly node: TestNode;
  readonly probed: Probed;
  /** Pods whose container has not been restarted before; each is, once. */
  readonly restarted: readonly string[];
  /** Pods whose readiness changes, in turn. */
  readonly flipped: readonly string[];
  readonly forMs: number;
}

/** Takes times for so long, one of each kind after the other, each kind beside the others. */
export const measureNode = async ({ node, probed, restarted, flipped, forMs }: MeasureOptions): Promise<NodeTimes> => {
  const times = emptyTimes();
  const untilMs = performance.now() + forMs;
  const each = async (act: (index: number) => Promise<void>, enough = Number.POSITIVE_INFINITY): Promise<void> => {
    for (let index = 0; performance.now() < untilMs && index < enough; index += 1) {
      const paceMs = Number.isFinite(enough) ? forMs / enough : 0;
      const sinceMs = performance.now();
      await act(index);
      await delay(Math.max(0, paceMs - (performance.now() - sinceMs)));
    }
  };
  probed.gaps.length = 0;
  await Promise.all([
    each(async (index) => void times.restart.push(await timeRestart(node, restarted[index]!)), restarted.length),
    each(async (index) => {
      const { start, end } = await timeManifest(node, `new-${index}-${Math.floor(untilMs)}`);
      times.start.push(start);
      times.end.push(end);
    }),
    each(async (index) => void times.unready.push(await timeUnready(node, probed, flipped[index % flipped.length]!))),
  ]);
  times.probeGap.push(...probed.gaps);
  return times;
};
