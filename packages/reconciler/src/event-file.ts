import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { type FileLayer, readState, writeDurably } from '@solo-kubelet/state-files';
import { checkDuration, checkInterval } from '@solo-kubelet/timers';
import { conflateMap, longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, auditTime, ignoreElements, merge, type Observable, type SchedulerLike, scan, share, takeLast } from 'rxjs';
import type { KubeletEvent } from './core/kubelet-event.js';

export interface EventFileOptions {
  readonly path: string;
  /** Events kept, oldest dropped. Default 1000. */
  readonly maxEvents?: number;
  /** Events of so long a time go out in one write, ms. Default 2 s. */
  readonly writeDelayMs?: number;
  /** Pause after a write that failed, unless an event comes first, ms. Default 30 s. */
  readonly retryDelayMs?: number;
  /** Default `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
  /** Told of a file that is set aside. Default: nobody. */
  readonly logger?: Logger;
  /** Default: the machine's own file system. */
  readonly files?: FileLayer;
}

export interface EventFile {
  /** What earlier processes kept, longest quiet first; nothing when the file is missing or unreadable. */
  load(): Promise<readonly KubeletEvent[]>;
  /** Keeps the events of this process beside `earlier`; never emits. A write that fails is told of and tried again; no event is lost meanwhile. */
  keep(event$: Observable<KubeletEvent>, earlier: readonly KubeletEvent[]): Observable<never>;
}

/** Events that outlive the process, in one JSON file that is replaced in one step. */
export const eventFile = ({
  path,
  maxEvents = 1_000,
  writeDelayMs: givenDelayMs,
  retryDelayMs: givenRetryMs,
  scheduler = asyncScheduler,
  logger = silentLogger,
  files,
}: EventFileOptions): EventFile => {
  const writeDelayMs = checkDuration('writeDelayMs', givenDelayMs, 2_000);
  const retryDelayMs = checkInterval('retryDelayMs', givenRetryMs, 30_000);
  return {
    load: async () => (await readState(path, { decode: decodeEvents, logger, ...(files === undefined ? {} : { files }) })) ?? [],
    keep: (event$, earlier) => {
      const kept$ = event$.pipe(
        scan((events, event) => keepNewest(events, event, maxEvents), new Map(earlier.map((event) => [event.id, event]))),
        share(),
      );
      // A write that fails is done again with all that has come meanwhile: the events are listened to without a break.
      const tryWrite = (events: ReadonlyMap<string, KubeletEvent>): Promise<'kept' | 'failed'> =>
        write(path, [...events.values()], files).then(
          () => 'kept',
          (error: unknown) => {
            logger.warn({ err: error, path }, 'Cannot keep events on disk; trying again later');
            return 'failed';
          },
        );
      return merge(kept$.pipe(auditTime(writeDelayMs, longDelays(scheduler))), kept$.pipe(takeLast(1))).pipe(
        conflateMap(tryWrite, {
          requeueAfterMs: (outcome) => (outcome === 'failed' ? retryDelayMs : undefined),
          scheduler: longDelays(scheduler),
        }),
        ignoreElements(),
      );
    },
  };
};

const keepNewest = (events: ReadonlyMap<string, KubeletEvent>, event: KubeletEvent, maxEvents: number): Map<string, KubeletEvent> => {
  const next = new Map(events);
  next.delete(event.id);
  next.set(event.id, event);
  for (const oldest of next.keys()) {
    if (next.size <= maxEvents) break;
    next.delete(oldest);
  }
  return next;
};

const write = (path: string, events: readonly KubeletEvent[], files: FileLayer | undefined): Promise<void> =>
  writeDurably(path, JSON.stringify({ version: 1, events }), {
    mode: 0o640,
    directoryMode: 0o750,
    ...(files === undefined ? {} : { files }),
  });

/** The events in a text. @throws Error for a text that is no list of them */
const decodeEvents = (text: string): readonly KubeletEvent[] => {
  const file = parseBoundedJson(text);
  const events = isObject(file) && file['version'] === 1 ? file['events'] : undefined;
  if (!Array.isArray(events) || !events.every(isEvent)) throw new Error('it is no list of events in version 1');
  return events;
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isEvent = (event: unknown): event is KubeletEvent => {
  if (!isObject(event)) return false;
  const { involvedObject: about, source, count } = event;
  const texts = [event['id'], event['type'], event['reason'], event['message'], event['firstTimestamp'], event['lastTimestamp']];
  return (
    texts.every((text) => typeof text === 'string') &&
    Number.isSafeInteger(count) &&
    isObject(source) &&
    isObject(about) &&
    [about['kind'], about['name'], about['uid']].every((text) => typeof text === 'string')
  );
};
