import { canonicalForm } from '../core/same-object.js';
import { writtenForm } from '../manifests/written-form.js';
import type { StagedChange } from './node-store.js';

/** How long the kubelet is given to read what was written, ms. What it says then counts, whatever it is. */
const READ_LIMIT_MS = 5_000;

interface OwnWrite {
  /** What the object was before, as manifests have it. */
  readonly superseded: Set<string>;
  /** The uid of one that was taken away. */
  readonly gone?: string;
  readonly untilMs: number;
}

export interface OwnWrites {
  /** Takes in what a request wrote. */
  readonly note: (changes: readonly StagedChange[]) => void;
  /** Whether the node says something of an object that it said before a write, since it has not read that yet. */
  readonly isOvertaken: (placed: Pick<StagedChange, 'bucket' | 'key' | 'object'>) => boolean;
}

/** Remembers what the API wrote until the kubelet can have read it: meanwhile an old state of an object must not come back. */
export const createOwnWrites = (now: () => number): OwnWrites => {
  const writes = new Map<string, OwnWrite>();
  const formOf = (object: StagedChange['object']): string =>
    canonicalForm(writtenForm(object, { name: object.metadata.name ?? '', before: object }));
  return {
    note: (changes) => {
      const untilMs = now() + READ_LIMIT_MS;
      for (const [name, { untilMs: endMs }] of writes) if (endMs < now()) writes.delete(name);
      for (const { type, bucket, key, object, previous } of changes) {
        const name = `${bucket} ${key}`;
        const superseded = new Set(writes.get(name)?.superseded);
        if (type === 'remove') {
          writes.set(name, { superseded, gone: object.metadata.uid ?? '', untilMs });
          continue;
        }
        if (previous === undefined) continue;
        superseded.add(formOf(previous)).delete(formOf(object));
        if (superseded.size > 0) writes.set(name, { superseded, untilMs });
      }
    },
    isOvertaken: ({ bucket, key, object }) => {
      const write = writes.get(`${bucket} ${key}`);
      if (write === undefined || write.untilMs < now()) return false;
      return write.gone === object.metadata.uid || write.superseded.has(formOf(object));
    },
  };
};
