import { type ManifestEvent, type ManifestOrigin, originKey } from '@solo-kubelet/manifest-source';
import type { Pod } from '@solo-kubelet/pod-spec';
import { longTimeout } from '@solo-kubelet/timers';
import { concatMap, defer, EMPTY, from, map, merge, mergeMap, type Observable, type OperatorFunction, of } from 'rxjs';
import { type Admission, type AdmissionRejection, isRejection, rejectionText } from './admission.js';
import { type AdmittedRecord, type AdmittedStore, noAdmittedStore } from './admitted-store.js';
import { type AdmissionSubject, type Asking, admittedEvent, identityOf, subjectOfEvent } from './core/admission-subject.js';
import { canonicalText, contentText } from './core/pod-parts.js';

/** What was said of a document, and what is to be told of it. */
export type AdmissionOutput =
  | { readonly type: 'manifest'; readonly event: ManifestEvent }
  /** A rejection that is new, for an event of whom it is about. */
  | { readonly type: 'rejection'; readonly subject: Omit<AdmissionSubject, 'pod'>; readonly message: string; readonly stale: boolean };

export interface AdmitManifestsOptions {
  /** What decides; it may look at another policy each time that it is asked. */
  readonly admission: Admission;
  /** Says that it may decide otherwise now: on every document, or on those alone that nobody could look at. */
  readonly again$?: Observable<'all' | 'retryable'>;
  readonly nodeName: string;
  /** How many sources say `synced`; records of documents that are gone by then are forgotten. */
  readonly sources: number;
  /** Default: what was admitted is forgotten with the process. */
  readonly store?: AdmittedStore;
  /** Calls back after so many ms, to save again what could not be saved. Default: a timer that keeps no process alive. */
  readonly later?: (work: () => void, ms: number) => void;
  /**
   * Whether something ran here before there was any admission: what is rejected then counts as admitted as it is, since admission never ends what runs.
   * Asked only where the store has never kept anything. Default: nothing did.
   */
  readonly ranBefore?: (subject: AdmissionSubject) => boolean;
}

interface Document {
  /** What its source says. */
  asked: Asking;
  /** What was said of it here. */
  said?: { readonly text: string };
  rejection?: { readonly message: string; readonly retryable: boolean };
}

type Work = { readonly type: 'event'; readonly event: ManifestEvent } | { readonly type: 'again'; readonly key: string };

/**
 * Puts every Pod that documents ask for, and every template of Pods, through admission, before names are settled (`shadowDuplicates`) and before workloads
 * make revisions. What is rejected is `rejected`; a version of the document that was admitted before goes on counting. What comes out as before is not said
 * again when a policy changes. Events stay in order, and wait while a plugin is asked.
 */
export const admitManifests =
  (options: AdmitManifestsOptions): OperatorFunction<ManifestEvent, AdmissionOutput> =>
  (event$) =>
    defer(() => {
      const { store = noAdmittedStore, again$ = EMPTY } = options;
      return from(store.load()).pipe(
        concatMap((kept) => {
          const admitter = createAdmitter(options, store, kept);
          const work$ = merge(
            event$.pipe(map((event): Work => ({ type: 'event', event }))),
            again$.pipe(mergeMap((which) => admitter.documents(which).map((key): Work => ({ type: 'again', key })))),
          );
          return work$.pipe(concatMap((work) => admitter.take(work)));
        }),
      );
    });

const createAdmitter = (options: AdmitManifestsOptions, store: AdmittedStore, kept: ReadonlyMap<string, AdmittedRecord> | undefined) => {
  const { admission, nodeName, sources, ranBefore = () => false } = options;
  const documents = new Map<string, Document>();
  const records = new Map(kept);
  const isFirst = kept === undefined;
  const synced = new Set<string>();
  const keep = createKeeper(store, records, options.later);

  const drop = (origin: ManifestOrigin): void => {
    documents.delete(originKey(origin));
    if (records.delete(originKey(origin))) keep();
  };

  const evaluate = (subject: AdmissionSubject): Observable<Pod | AdmissionRejection> => {
    const { kind, namespace, name } = subject;
    return admission(subject.pod, { kind, namespace, name, nodeName, mayChange: true });
  };

  const admitted = (
    key: string,
    document: Document,
    subject: AdmissionSubject,
    outcome: Pod,
    isNews: boolean,
  ): readonly AdmissionOutput[] => {
    const { asked } = document;
    const identity = identityOf(subject.pod, outcome, records.get(key)?.identity);
    const event = admittedEvent(asked, outcome, asked.type === 'applied' ? identity.given : undefined);
    const text = sayingOf(event);
    const isMended = document.rejection !== undefined;
    const differs = document.said?.text !== text;
    document.said = { text };
    delete document.rejection;
    if (asked.sealed === true) {
      if (records.delete(key)) keep();
    } else if (records.get(key)?.asked !== askingOf(asked) || sayingOf(records.get(key)!.outcome) !== text) {
      records.set(key, { asked: askingOf(asked), identity, outcome: event });
      keep();
    }
    return isNews || isMended || differs ? [{ type: 'manifest', event }] : [];
  };

  /** The version that counts while the document is rejected; undefined: none. */
  const standIn = (key: string, document: Document, subject: AdmissionSubject): Asking | undefined => {
    const record = records.get(key);
    if (record !== undefined) return record.outcome;
    if (!isFirst || document.asked.sealed === true || !ranBefore(subject)) return undefined;
    const { asked } = document;
    const uid = subject.pod.metadata.uid ?? '';
    records.set(key, { asked: askingOf(asked), identity: { asked: uid, given: uid, pinned: false }, outcome: asked });
    keep();
    return asked;
  };

  const rejected = (
    key: string,
    document: Document,
    subject: AdmissionSubject,
    rejection: AdmissionRejection,
    isNews: boolean,
  ): readonly AdmissionOutput[] => {
    const message = rejectionText(subject.resource, subject.name, rejection);
    const known = document.rejection?.message === message;
    document.rejection = { message, retryable: rejection.retryable };
    if (known && !isNews) return [];
    const { origin } = document.asked;
    const stands = document.said === undefined ? standIn(key, document, subject) : undefined;
    if (stands !== undefined) document.said = { text: sayingOf(stands) };
    const stale = document.said !== undefined;
    const { pod: _pod, ...about } = subject;
    return [
      ...(stands === undefined ? [] : [{ type: 'manifest' as const, event: { ...stands, origin } }]),
      { type: 'manifest', event: { type: 'rejected', origin, issues: [], apiRef: '', message, stale } },
      ...(known ? [] : [{ type: 'rejection' as const, subject: about, message, stale }]),
    ];
  };

  const look = (key: string, document: Document, isNews: boolean): Observable<AdmissionOutput> => {
    const subject = subjectOfEvent(document.asked);
    if (subject === undefined) return of({ type: 'manifest', event: document.asked });
    return evaluate(subject).pipe(
      mergeMap((outcome) =>
        isRejection(outcome) ? rejected(key, document, subject, outcome, isNews) : admitted(key, document, subject, outcome, isNews),
      ),
    );
  };

  const takeEvent = (event: ManifestEvent): Observable<AdmissionOutput> => {
    const same$ = of<AdmissionOutput>({ type: 'manifest', event });
    switch (event.type) {
      case 'applied':
      case 'objectApplied': {
        const key = originKey(event.origin);
        const before = documents.get(key);
        const document: Document = { ...before, asked: event };
        if (subjectOfEvent(event) === undefined) {
          drop(event.origin);
          return same$;
        }
        documents.set(key, document);
        return look(key, document, true);
      }
      case 'removed':
      case 'shadowed':
      case 'objectShadowed':
        drop(event.origin);
        return same$;
      case 'rejected': {
        const document = documents.get(originKey(event.origin));
        if (!event.stale) drop(event.origin);
        // Its last good version is one that was never admitted: nothing of it counts.
        else if (document !== undefined && document.said === undefined) return of({ type: 'manifest', event: { ...event, stale: false } });
        return same$;
      }
      case 'synced': {
        synced.add(`${event.source}:${event.path}`);
        const isLast = synced.size === sources;
        for (const key of isLast ? [...records.keys()] : []) if (!documents.has(key)) records.delete(key);
        // From now on something is kept here, be it nothing at all.
        if (isLast) keep();
        return same$;
      }
      default:
        return same$;
    }
  };

  return {
    documents: (which: 'all' | 'retryable'): readonly string[] =>
      [...documents].flatMap(([key, { rejection }]) => (which === 'all' || rejection?.retryable === true ? [key] : [])),
    take: (work: Work): Observable<AdmissionOutput> => {
      if (work.type === 'event') return takeEvent(work.event);
      const document = documents.get(work.key);
      return document === undefined ? EMPTY : look(work.key, document, false);
    },
  };
};

/** Until what could not be saved is tried again, ms. */
const RETRY_MS = 30_000;

const inTime = (work: () => void, ms: number): void => void longTimeout(work, ms, { ref: false });

/** Saves one after the other; what changes meanwhile is one more save. */
const createKeeper = (store: AdmittedStore, records: ReadonlyMap<string, AdmittedRecord>, later = inTime): (() => void) => {
  let saving = false;
  let changed = false;
  const run = async (): Promise<void> => {
    saving = true;
    while (changed) {
      changed = false;
      // What one listing brings is one write.
      await Promise.resolve();
      if (!(await store.save(new Map(records)))) later(keep, RETRY_MS);
    }
    saving = false;
  };
  const keep = (): void => {
    changed = true;
    if (!saving) void run();
  };
  return keep;
};

/** Equal for documents that ask for the same. */
const askingOf = (event: Asking): string =>
  event.type === 'applied' ? (event.pod.metadata.uid ?? '') + contentText(event.pod) : canonicalText(event.object);

/** Equal for outcomes that are the same. */
const sayingOf = (event: Asking): string =>
  event.type === 'applied'
    ? `${event.pod.metadata.uid} ${canonicalText([event.pod.metadata, event.pod.spec])}`
    : canonicalText(event.object);
