import type { Pod } from '@solo-kubelet/pod-spec';
import type { ProbeReport } from '@solo-kubelet/probe-engine';
import { filter, map, merge, mergeMap, type Observable, type SchedulerLike, scan, withLatestFrom } from 'rxjs';
import type { KubeletActivity } from './core/activity.js';
import { type EventLog, recordEvent, restoredEventLog } from './core/event-log.js';
import { type EventDraft, eventOfActivity } from './core/event-of-activity.js';
import { eventOfProbe } from './core/event-of-probe.js';
import type { KubeletEvent } from './core/kubelet-event.js';
import { type PodUid, podUid } from './core/pod-identity.js';
import { knownPod, type World } from './core/world.js';

export interface RecordEventsOptions {
  readonly activity$: Observable<KubeletActivity>;
  readonly probeReport$: Observable<ProbeReport>;
  readonly world$: Observable<World>;
  readonly initialEvents: readonly KubeletEvent[];
  readonly maxEvents: number;
  readonly scheduler: SchedulerLike;
}

interface Said {
  readonly pod: Pod;
  readonly draft: EventDraft;
}

/** Events of what is done to pods and found at them, counted. */
export const recordEvents = ({
  activity$,
  probeReport$,
  world$,
  initialEvents,
  maxEvents,
  scheduler,
}: RecordEventsOptions): Observable<KubeletEvent> => {
  const fromActivity$ = activity$.pipe(
    withLatestFrom(world$),
    mergeMap(([activity, world]) =>
      activity.scope === 'pod' ? said(world, activity.podUid, (pod) => eventOfActivity(activity, pod)) : [],
    ),
  );
  const fromProbes$ = probeReport$.pipe(
    withLatestFrom(world$),
    mergeMap(([report, world]) =>
      said(world, podUid((report.type === 'verdict' ? report.verdict : report.probe).podUid), () => eventOfProbe(report)),
    ),
  );
  return merge(fromActivity$, fromProbes$).pipe(
    scan((log: EventLog, { pod, draft }) => recordEvent(log, pod, draft, scheduler.now(), maxEvents), restoredEventLog(initialEvents)),
    map(({ latest }) => latest),
    filter((latest) => latest !== undefined),
  );
};

const said = (world: World, uid: PodUid, draftOf: (pod: Pod) => EventDraft | undefined): readonly Said[] => {
  const pod = knownPod(world, uid);
  const draft = pod && draftOf(pod);
  return pod === undefined || draft === undefined ? [] : [{ pod, draft }];
};
