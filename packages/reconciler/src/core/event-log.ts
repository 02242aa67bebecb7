import { metaTime } from '@solo-kubelet/diagnostics/text';
import { firstEntry, mapWith, mapWithout } from '@solo-kubelet/manifest-source/versioned-map';
import type { Pod } from '@solo-kubelet/pod-spec';
import { type EventDraft, fieldPathOf } from './event-of-activity.js';
import { type EventAllowance, takeEvent } from './event-spam-filter.js';
import type { KubeletEvent } from './kubelet-event.js';
import { stableMessage } from './stable-message.js';

/** How many different messages of one kind within so long make all further ones one event (client-go tools/record/events_cache.go). */
const SIMILAR_MESSAGES = 10;
const SIMILAR_WITHIN_MS = 600_000;
/** Of how many kinds and objects anything is remembered. */
const MAX_KINDS = 4_096;
const COMBINED = '(combined from similar events): ';

/** Messages of one source, object, type and reason, each of which came at most ten minutes after the one before. */
interface Similar {
  readonly messages: readonly string[];
  /** By the steady clock. */
  readonly lastMs: number;
}

/** Events so far, least recently repeated first, and the one that came last: undefined when there are too many about its object to tell of it. */
export interface EventLog {
  readonly events: ReadonlyMap<string, KubeletEvent>;
  readonly latest: KubeletEvent | undefined;
  readonly nextNumber: number;
  /** By kind: an event without its message and container. */
  readonly similar: ReadonlyMap<string, Similar>;
  /** By object and type: how many events more may be told. */
  readonly allowances: ReadonlyMap<string, EventAllowance>;
}

export const restoredEventLog = (events: readonly KubeletEvent[]): EventLog => ({
  events: new Map(events.map((event) => [mergeKey(event), event])),
  latest: undefined,
  nextNumber: events.length,
  similar: new Map(),
  allowances: new Map(),
});

/** Equal events are one event that is counted, as upstream's correlator does. */
const mergeKey = (event: Omit<KubeletEvent, 'id'>): string =>
  event.message.startsWith(COMBINED) ? kindKey(event) : JSON.stringify([kindKey(event), event.involvedObject.fieldPath, event.message]);

const kindKey = ({ type, reason, involvedObject: { kind, uid } }: Omit<KubeletEvent, 'id'>): string =>
  JSON.stringify([kind, uid, type, reason]);

const objectKey = ({ type, involvedObject: { kind, uid } }: Omit<KubeletEvent, 'id'>): string => JSON.stringify([kind, uid, type]);

/** The map with one entry as its newest, without the oldest beyond the greatest number. */
const withNewest = <Value>(map: ReadonlyMap<string, Value>, key: string, value: Value, most: number): ReadonlyMap<string, Value> => {
  let next = mapWith(mapWithout(map, key), key, value);
  for (let oldest = firstEntry(next); oldest !== undefined && next.size > most; oldest = firstEntry(next))
    next = mapWithout(next, oldest[0]);
  return next;
};

/** Takes in one more message of a kind; `combined` when there have been too many different ones to be told apart. */
const withMessage = (known: Similar | undefined, message: string, nowMs: number): Similar & { readonly combined: boolean } => {
  const before = known !== undefined && nowMs - known.lastMs <= SIMILAR_WITHIN_MS ? known.messages : [];
  const messages = before.includes(message) ? before : [...before, message];
  const combined = messages.length >= SIMILAR_MESSAGES;
  return { messages: combined ? messages.slice(1) : messages, lastMs: nowMs, combined };
};

/** `nowMs` by the machine's clock, `steadyMs` by the one that durations are measured by. Adds an event or counts it once more; holds at most `maxEvents`, dropping what was longest quiet. */
export const recordEvent = (
  log: EventLog,
  about: KubeletEvent['involvedObject'],
  draft: EventDraft,
  nowMs: number,
  maxEvents: number,
  steadyMs = nowMs,
): EventLog => {
  const time = metaTime(nowMs);
  const said = {
    type: draft.type,
    reason: draft.reason,
    message: stableMessage(draft.message),
    involvedObject: about,
    count: 1,
    firstTimestamp: time,
    lastTimestamp: time,
    source: { component: draft.component ?? 'kubelet' },
  } as const;
  const kind = kindKey(said);
  const { combined, ...messages } = withMessage(log.similar.get(kind), said.message, steadyMs);
  const fresh = combined ? { ...said, message: `${COMBINED}${said.message}` } : said;
  const key = mergeKey(fresh);
  const before = log.events.get(key);
  const event: KubeletEvent =
    before === undefined
      ? { id: eventId(fresh, nowMs, log.nextNumber), ...fresh }
      : { ...before, involvedObject: about, message: fresh.message, count: before.count + 1, lastTimestamp: time };
  const { allowed, ...allowance } = takeEvent(log.allowances.get(objectKey(said)), steadyMs);
  return {
    events: withNewest(log.events, key, event, maxEvents),
    latest: allowed ? event : undefined,
    nextNumber: log.nextNumber + 1,
    similar: withNewest(log.similar, kind, messages, MAX_KINDS),
    allowances: withNewest(log.allowances, objectKey(said), allowance, MAX_KINDS),
  };
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
