import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { type ManifestEvent, originKey } from '@solo-kubelet/manifest-source';
import type { EphemeralContainer, Pod } from '@solo-kubelet/pod-spec';
import { readState, writeDurably } from '@solo-kubelet/state-files';
import { concatMap, map, merge, type OperatorFunction, of, Subject, tap } from 'rxjs';

/** Ephemeral containers of the Pods of this node, by uid. */
type Records = ReadonlyMap<string, readonly EphemeralContainer[]>;

export interface EphemeralContainers {
  /** Gives Pods the ephemeral containers that were added to them. */
  readonly take: () => OperatorFunction<ManifestEvent, ManifestEvent>;
  /**
   * Keeps these as all ephemeral containers of a Pod and has them run. False if nothing asks for a Pod of this uid any more.
   * @throws Error where they can't be written down; then none of them runs
   */
  readonly add: (uid: string, containers: readonly EphemeralContainer[]) => Promise<boolean>;
}

export interface EphemeralContainersOptions {
  /** Where they are kept. */
  readonly path: string;
  /** How many sources say that they are synced, once they are. */
  readonly sources: number;
  readonly logger: Logger;
}

/** A quarter of what is read again at the next start, also where every character takes four bytes. */
const MAX_FILE_CHARS = 16 * 1024 * 1024;

type Applied = Extract<ManifestEvent, { type: 'applied' }>;

/**
 * What was added to Pods while they ran, kept beside their manifests: it belongs to one Pod and goes with it, and Pods that have no file of their own get
 * it, too.
 */
export const ephemeralContainers = ({ path, sources, logger }: EphemeralContainersOptions): EphemeralContainers => {
  let records: Records = new Map();
  const applied = new Map<string, Applied>();
  const again$ = new Subject<Applied>();
  let unsynced = sources;
  let writing: Promise<unknown> = Promise.resolve();

  let isRead = false;
  const read = readState(path, { decode: decodeRecords, logger }).then((found) => {
    records = found ?? new Map();
    isRead = true;
  });

  const keep = (change: (before: Records) => Records): Promise<void> => {
    const done = writing.then(async () => {
      const next = change(records);
      if (next === records) return;
      const text = `${JSON.stringify(Object.fromEntries(next))}\n`;
      if (next.size >= records.size && text.length > MAX_FILE_CHARS)
        throw new Error(`this node keeps no more than ${MAX_FILE_CHARS} characters of them, of all Pods: delete Pods that were debugged`);
      await writeDurably(path, text);
      records = next;
    });
    writing = done.catch(() => {});
    return done;
  };

  const find = (uid: string): Applied | undefined => [...applied.values()].find(({ pod }) => pod.metadata.uid === uid);

  /** Once everybody has spoken, what was added to Pods that nobody asks for is of no use. */
  const prune = (): void => {
    if (unsynced > 0) return;
    const known = new Set([...applied.values()].map(({ pod }) => pod.metadata.uid ?? ''));
    if ([...records.keys()].every((uid) => known.has(uid))) return;
    keep((before) => new Map([...before].filter(([uid]) => known.has(uid)))).catch((error: unknown) =>
      logger.warn({ path, err: describeError(error) }, 'Ephemeral containers of Pods that have gone cannot be forgotten'),
    );
  };

  const note = (event: ManifestEvent): void => {
    if (event.type === 'applied') applied.set(originKey(event.origin), event);
    else if (event.type === 'removed' || event.type === 'shadowed' || (event.type === 'rejected' && !event.stale))
      applied.delete(originKey(event.origin));
    else if (event.type === 'synced') unsynced -= 1;
    else return;
    prune();
  };

  const completed = (event: ManifestEvent): ManifestEvent => {
    const added = event.type === 'applied' ? records.get(event.pod.metadata.uid ?? '') : undefined;
    return event.type !== 'applied' || added === undefined ? event : { ...event, pod: withContainers(event.pod, added) };
  };

  return {
    // Subscribed to at once: what comes before the file has been read waits for that.
    take: () => (event$) =>
      merge(
        event$.pipe(
          concatMap((event) => (isRead ? of(event) : read.then(() => event))),
          tap(note),
        ),
        again$,
      ).pipe(map(completed)),
    add: async (uid, containers) => {
      if (find(uid) === undefined) return false;
      await keep((before) => new Map(before).set(uid, containers));
      const event = find(uid);
      if (event === undefined) return false;
      again$.next(event);
      return true;
    },
  };
};

const withContainers = (pod: Pod, added: readonly EphemeralContainer[]): Pod => ({
  ...pod,
  spec: { ...pod.spec, ephemeralContainers: added },
});

const decodeRecords = (text: string): Records => {
  const value = parseBoundedJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('want a JSON object');
  return new Map(
    Object.entries(value).map(([uid, containers]) => {
      if (!Array.isArray(containers) || !containers.every(isContainer)) throw new Error(`want a list of containers for ${uid}`);
      return [uid, containers];
    }),
  );
};

const isContainer = (value: unknown): value is EphemeralContainer =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
