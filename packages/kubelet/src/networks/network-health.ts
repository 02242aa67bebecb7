import { createHash } from 'node:crypto';
import type { CriClient } from '@solo-kubelet/cri-client';
import type { KubeletEvent } from '@solo-kubelet/reconciler';
import { catchError, defer, distinctUntilChanged, EMPTY, exhaustMap, filter, map, type Observable, timer } from 'rxjs';
import { explainRuntimeNetwork, notReadyMessage, readRuntimeNetwork } from './runtime-network.js';

/** How often the runtime is asked, ms. */
const INTERVAL_MS = 10_000;

export interface NetworkHealthOptions {
  readonly cri: CriClient;
  readonly runtimeName: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Why pods get no network; undefined while they would get one. */
export const networkFault = async ({ cri, runtimeName, env, signal }: NetworkHealthOptions): Promise<string | undefined> => {
  const { status } = await cri.runtime.status({}, { signal });
  if (status?.conditions.find(({ type }) => type === 'NetworkReady')?.status !== false) return undefined;
  const network = await readRuntimeNetwork(cri, { signal });
  if (network.ready) return undefined;
  const { findings } = await explainRuntimeNetwork(network, { runtimeName, env, signal });
  return notReadyMessage(
    network,
    findings.map(({ message }) => message),
  );
};

export interface NetworkEventsOptions {
  readonly nodeName: string;
  readonly fault: () => Promise<string | undefined>;
}

/** A warning about the node each time its network is lost or the cause of that changes. */
export const networkEvents = ({ nodeName, fault }: NetworkEventsOptions): Observable<KubeletEvent> =>
  timer(0, INTERVAL_MS).pipe(
    exhaustMap(() =>
      // A runtime that does not answer is another trouble, and told by others.
      defer(fault).pipe(catchError(() => EMPTY)),
    ),
    distinctUntilChanged(),
    filter((text) => text !== undefined),
    map((text) => notReadyEvent(nodeName, text, new Date())),
  );

const notReadyEvent = (nodeName: string, fault: string, now: Date): KubeletEvent => {
  const timestamp = now.toISOString().replace(/\.\d+Z$/, 'Z');
  const tag = createHash('sha256').update(`${now.getTime()} ${fault}`).digest('hex').slice(0, 16);
  return {
    id: `${nodeName}.${tag}`,
    type: 'Warning',
    reason: 'NetworkNotReady',
    message: `network is not ready: ${fault}`,
    involvedObject: { kind: 'Node', name: nodeName, uid: nodeName },
    count: 1,
    firstTimestamp: timestamp,
    lastTimestamp: timestamp,
    source: { component: 'kubelet' },
  };
};
