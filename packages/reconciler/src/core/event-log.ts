import type { Pod } from '@solo-kubelet/pod-spec';
import { type EventDraft, fieldPathOf } from './event-of-activity.js';
import type { KubeletEvent } from './kubelet-event.js';
import { kubernetesTime } from './status/kubernetes-time.js';

/** Events so far, least recently repeated first, and the one that came last. */
export interface EventLog {
  readonly events: ReadonlyMap<string, KubeletEvent>;
  readonly latest: KubeletEvent | undefined;
  readonly nextNumber: number;
}

export const restoredEventLog = (events: readonly KubeletEvent[]): EventLog => ({
  events: new Map(events.map((event) => [mergeKey(event), event])),
  latest: undefined,
  nextNumber: events.length,
});

/** Equal events are one event that is counted, as upstream's correlator does. */
const mergeKey = ({ type, reason, message, involvedObject: { uid, fieldPath } }: Omit<KubeletEvent, 'id'>): string =>
  JSON.stringify([uid, fieldPath, type, reason, message]);

/** Adds an event or counts it once more; holds at most `maxEvents`, dropping what was longest quiet. */
export const recordEvent = (
  log: EventLog,
  about: KubeletEvent['involvedObject'],
  draft: EventDraft,
  nowMs: number,
  maxEvents: number,
): EventLog => {
  const time = kubernetesTime(nowMs);
  const fresh = {
    type: draft.type,
    reason: draft.reason,
    message: draft.message,
    involvedObject: about,
    count: 1,
    firstTimestamp: time,
    lastTimestamp: time,
    source: { component: 'kubelet' },
  } as const;
  const key = mergeKey(fresh);
  const before = log.events.get(key);
  const latest: KubeletEvent =
    before === undefined
      ? { id: eventId(fresh, nowMs, log.nextNumber), ...fresh }
      : { ...before, count: before.count + 1, lastTimestamp: time };
  const events = new Map(log.events);
  events.delete(key);
  events.set(key, latest);
  for (const oldest of events.keys()) {
    if (events.size <= maxEvents) break;
    events.delete(oldest);
  }
  return { events, latest, nextNumber: log.nextNumber + 1 };
};

export const aboutPod = (pod: Pod, containerName: string | undefined): KubeletEvent['involvedObject'] => {
  const { namespace, name, uid } = pod.metadata;
  const fieldPath = fieldPathOf(pod, containerName);
  return { kind: 'Pod', namespace, name, uid, ...(fieldPath === undefined ? {} : { fieldPath }) };
};

/** A node is its own namespace and identity here, as for upstream's kubelet. */
export const aboutNode = (name: string): KubeletEvent['involvedObject'] => ({ kind: 'Node', name, uid: name });

/** Upstream's form: the object's name and a hex number that grows with time. */
const eventId = ({ involvedObject }: Omit<KubeletEvent, 'id'>, nowMs: number, number: number): string =>
  `${involvedObject.name}.${(BigInt(Math.floor(nowMs)) * 65_536n + BigInt(number % 65_536)).toString(16)}`;
