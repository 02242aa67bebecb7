import type { Pod } from '@solo-kubelet/pod-spec';
import type { ProbeReport } from '@solo-kubelet/probe-engine';
import { filter, map, merge, mergeMap, type Observable, type SchedulerLike, scan, withLatestFrom } from 'rxjs';
import { type EventLog, recordEvent, restoredEventLog } from './core/event-log.js';
import { type EventDraft, eventOfActivity } from './core/event-of-activity.js';
import { eventOfProbe } from './core/event-of-probe.js';
import type { KubeletEvent } from './core/kubelet-event.js';
import { podUid } from './core/pod-identity.js';
import { knownPod, type World } from './core/world.js';
import type { PodDoing } from './run-pass.js';

export interface RecordEventsOptions {
  readonly podDoing$: Observable<PodDoing>;
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
  podDoing$,
  probeReport$,
  world$,
  initialEvents,
  maxEvents,
  scheduler,
}: RecordEventsOptions): Observable<KubeletEvent> => {
  const fromDoing$ = podDoing$.pipe(mergeMap(({ pod, activity }) => said(pod, eventOfActivity(activity, pod))));
  const fromProbes$ = probeReport$.pipe(
    withLatestFrom(world$),
    mergeMap(([report, world]) => {
      const uid = podUid((report.type === 'verdict' ? report.verdict : report.probe).podUid);
      return said(knownPod(world, uid), eventOfProbe(report));
    }),
  );
  return merge(fromDoing$, fromProbes$).pipe(
    scan((log: EventLog, { pod, draft }) => recordEvent(log, pod, draft, scheduler.now(), maxEvents), restoredEventLog(initialEvents)),
    map(({ latest }) => latest),
    filter((latest) => latest !== undefined),
  );
};

const said = (pod: Pod | undefined, draft: EventDraft | undefined): readonly Said[] =>
  pod === undefined || draft === undefined ? [] : [{ pod, draft }];
