import type { Pod } from '@solo-kubelet/pod-spec';
import type { ProbeReport } from '@solo-kubelet/probe-engine';
import { filter, map, merge, mergeMap, type Observable, type SchedulerLike, scan, withLatestFrom } from 'rxjs';
import { aboutNode, aboutPod, type EventLog, recordEvent, restoredEventLog } from './core/event-log.js';
import { type EventDraft, eventOfActivity, type ToldEvent } from './core/event-of-activity.js';
import { eventOfProbe } from './core/event-of-probe.js';
import type { KubeletEvent } from './core/kubelet-event.js';
import { podUid } from './core/pod-identity.js';
import type { KubeletState } from './core/state/kubelet-state.js';
import { knownPod } from './core/state/sync-input.js';
import type { PodSyncEvent } from './sync-pod.js';

export interface RecordEventsOptions {
  readonly podDoing$: Observable<PodSyncEvent>;
  readonly probeReport$: Observable<ProbeReport>;
  readonly nodeEvent$: Observable<ToldEvent>;
  readonly kubeletState$: Observable<KubeletState>;
  readonly initialEvents: readonly KubeletEvent[];
  readonly maxEvents: number;
  /** The machine's clock, ms. */
  readonly wallNow: () => number;
  readonly scheduler: SchedulerLike;
}

interface Said {
  readonly about: KubeletEvent['involvedObject'];
  readonly draft: EventDraft;
}

/** Events of what is done to pods and found at them and at the node, counted. */
export const recordEvents = ({
  podDoing$,
  probeReport$,
  nodeEvent$,
  kubeletState$,
  initialEvents,
  maxEvents,
  wallNow,
  scheduler,
}: RecordEventsOptions): Observable<KubeletEvent> => {
  const fromDoing$ = podDoing$.pipe(mergeMap(({ pod, activity }) => said(pod, eventOfActivity(activity, pod))));
  const fromProbes$ = probeReport$.pipe(
    withLatestFrom(kubeletState$),
    mergeMap(([report, kubeletState]) => {
      const uid = podUid((report.type === 'probeResult' ? report.probeResult : report.probe).podUid);
      return said(knownPod(kubeletState, uid), eventOfProbe(report));
    }),
  );
  const fromNode$ = nodeEvent$.pipe(
    withLatestFrom(kubeletState$),
    map(([{ about, ...draft }, { node }]): Said => ({ about: about ?? aboutNode(node?.nodeName ?? ''), draft })),
  );
  return merge(fromDoing$, fromProbes$, fromNode$).pipe(
    scan(
      (log: EventLog, { about, draft }) => recordEvent(log, about, draft, wallNow(), maxEvents, scheduler.now()),
      restoredEventLog(initialEvents),
    ),
    map(({ latest }) => latest),
    filter((latest) => latest !== undefined),
  );
};

const said = (pod: Pod | undefined, draft: EventDraft | undefined): readonly Said[] =>
  pod === undefined || draft === undefined ? [] : [{ about: aboutPod(pod, draft.containerName), draft }];
