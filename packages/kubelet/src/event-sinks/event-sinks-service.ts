import type { KubeletEvent } from '@solo-kubelet/reconciler';
import { EMPTY, from, map, merge, mergeMap, type Observable, shareReplay } from 'rxjs';
import { eventObject } from '../api/event-object.js';
import type { KubeletContext } from '../kubelet-services.js';
import type { EventText } from './sink-port.js';

/** Hands every event of the node to the sinks of `--event-sink`. Nothing of them is loaded where there are none. */
export const eventSinksService = ({ flags, nodeName, reconciler, metrics, logger }: KubeletContext): Observable<unknown> => {
  const { eventSinks = [] } = flags;
  if (eventSinks.length === 0) return EMPTY;
  const text$ = reconciler.events$.pipe(map((event) => sinkText(event, nodeName)));
  // From the start on, while the code is still being loaded: what is told meanwhile counts too.
  const kept$ = text$.pipe(shareReplay({ bufferSize: MAX_EARLY, refCount: true }));
  const delivering$ = from(import('./deliver-to-sinks.js')).pipe(
    mergeMap(({ deliverToSinks }) => deliverToSinks(eventSinks, { event$: kept$, nodeName, registry: metrics.registry, logger })),
  );
  return merge(kept$, delivering$);
};

const MAX_EARLY = 100;

/** A v1 Event that also says which node tells of it. */
export const sinkText = (event: KubeletEvent, nodeName: string): EventText => {
  const object = eventObject(event);
  return JSON.stringify({
    ...object,
    source: { ...event.source, host: nodeName },
    reportingComponent: event.source.component,
    reportingInstance: nodeName,
  });
};
