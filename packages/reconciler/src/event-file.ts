import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  asyncScheduler,
  auditTime,
  concatMap,
  ignoreElements,
  merge,
  type Observable,
  type SchedulerLike,
  scan,
  share,
  takeLast,
} from 'rxjs';
import type { KubeletEvent } from './core/kubelet-event.js';

export interface EventFileOptions {
  readonly path: string;
  /** Events kept, oldest dropped. Default 1000. */
  readonly maxEvents?: number;
  /** Events of so long a time go out in one write, ms. Default 2 s. */
  readonly writeDelayMs?: number;
  /** Default `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

export interface EventFile {
  /** What earlier processes kept, longest quiet first; nothing when the file is missing or unreadable. */
  load(): Promise<readonly KubeletEvent[]>;
  /** Keeps the events of this process beside `earlier`; never emits. An error of a write is the stream's. */
  keep(event$: Observable<KubeletEvent>, earlier: readonly KubeletEvent[]): Observable<never>;
}

/** Events that outlive the process, in one JSON file that is replaced in one step. */
export const eventFile = ({ path, maxEvents = 1_000, writeDelayMs = 2_000, scheduler = asyncScheduler }: EventFileOptions): EventFile => ({
  load: async () => {
    try {
      const { version, events } = JSON.parse(await readFile(path, 'utf8')) as { version?: unknown; events?: unknown };
      return version === 1 && Array.isArray(events) ? (events as KubeletEvent[]) : [];
    } catch {
      return [];
    }
  },
  keep: (event$, earlier) => {
    const kept$ = event$.pipe(
      scan((events, event) => keepNewest(events, event, maxEvents), new Map(earlier.map((event) => [event.id, event]))),
      share(),
    );
    return merge(kept$.pipe(auditTime(writeDelayMs, scheduler)), kept$.pipe(takeLast(1))).pipe(
      concatMap((events) => write(path, [...events.values()])),
      ignoreElements(),
    );
  },
});

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

const write = async (path: string, events: readonly KubeletEvent[]): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  await writeFile(`${path}.tmp`, JSON.stringify({ version: 1, events }), { mode: 0o640 });
  await rename(`${path}.tmp`, path);
};
