import { join } from 'node:path';
import { type NodeEvent, schedulableEvent } from '@solo-kubelet/control-plane/events';
import { meaninglessKind } from '@solo-kubelet/object-spec';
import { type KubeletEvent, podUid } from '@solo-kubelet/reconciler';
import { EMPTY, from, ignoreElements, merge, mergeMap, scan, shareReplay, startWith } from 'rxjs';
import type { KubeletService } from '../kubelet-services.js';
import { kindsOf } from '../pods/manifest-events.js';
import { conditionSince } from './condition-since.js';
import { eventObject } from './event-object.js';
import { nodeObject } from './node-object.js';
import { nodeEventTeller } from './tell-node-events.js';

/** Events that the API shows; the reconciler keeps as many. */
const MAX_EVENTS = 1_000;

/** Serves the Kubernetes API of the node where `--kube-api` says so. Nothing of it is loaded anywhere else. */
export const kubeApiService: KubeletService = (context) => {
  const { flags, nodeName, node, reconciler, earlierEvents, logger } = context;
  const { kubeApi } = flags;
  if (kubeApi === undefined) return EMPTY;
  const { kinds, servicesHint } = kindsOf({ services: flags.serviceNetwork !== undefined, ingress: flags.ingress !== undefined });
  const latest = { bufferSize: 1, refCount: true };
  // From the start on, while the code is still being loaded: what the streams say before that counts too.
  const objects$ = context.secretObjects$.pipe(shareReplay(latest));
  const earlier: ReadonlyMap<string, object> = new Map(earlierEvents.map((event) => [event.id, eventObject(event)]));
  const events$ = reconciler.events$.pipe(scan(withNewest, earlier), startWith(earlier), shareReplay(latest));
  const readySince = conditionSince(context.startedAtMs);
  // In a cluster its own API has them.
  const tell = (event: NodeEvent): void => void (context.cluster === undefined && context.nodeEvent(event));
  const tellOf = nodeEventTeller(tell);
  const serving$ = from(import('@solo-kubelet/kube-api')).pipe(
    mergeMap(({ runKubeApi }) =>
      runKubeApi({
        ...kubeApi,
        names: node.facts.nodeIps,
        ...(flags.serviceNetwork && { serviceNetwork: flags.serviceNetwork }),
        directory: join(flags.rootDirectory, 'api'),
        nodeName,
        featureGates: context.config.featureGates,
        ...(flags.tokenAuthFile === undefined ? {} : { tokenFile: flags.tokenAuthFile }),
        serviceAccounts: context.serviceAccounts,
        pods$: reconciler.pods$,
        objects$,
        events$,
        manifests$: context.manifests$,
        manifestPath: context.config.staticPodPath,
        newUids: context.newUids,
        refusalOf: (apiVersion, kind) =>
          kind === 'Pod' || kinds?.has(kind) !== false ? undefined : meaninglessKind(apiVersion, kind, servicesHint),
        ...(context.admission && { admit: context.admission.admit }),
        addEphemeralContainers: context.addEphemeralContainers,
        deleteWorkloadPod: context.deleteWorkloadPod,
        hasten: (uid, gracePeriodSeconds) =>
          context.command({
            type: 'terminate',
            podUid: podUid(uid),
            termination: { reason: 'Deleted', message: 'The Pod was deleted by the API.', gracePeriodSeconds, disruption: false },
          }),
        node: async (signal) => {
          const node = await nodeObject(context, signal, readySince);
          tellOf(node);
          return node;
        },
        onCordon: (unschedulable) => tell(schedulableEvent(nodeName, unschedulable)),
        kubelet: () => context.nodeApi.current,
        logger,
      }),
    ),
  );
  return merge(objects$, events$, serving$).pipe(ignoreElements());
};

const withNewest = (events: ReadonlyMap<string, object>, event: KubeletEvent): ReadonlyMap<string, object> => {
  const next = new Map(events);
  next.delete(event.id);
  next.set(event.id, eventObject(event));
  for (const id of next.keys()) {
    if (next.size <= MAX_EVENTS) break;
    next.delete(id);
  }
  return next;
};
