import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../store/memory-store.js';
import type { StoreEvent } from '../store/object-store.js';
import type { StoredObject } from '../stored-object.js';
import { createCore } from '../testing/ask-core.js';
import { seenAs } from './watch-objects.js';

const WRITES = 10_000;
const NAMES = 50;
const EVERY = 100;

/** Numbers that look random and are the same in every run. */
const createNumbers = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

const isRed = ({ metadata }: StoredObject): boolean => metadata.labels?.['color'] === 'red';

describe('a watch', () => {
  it('leads from a list to the present, whatever was written in between', () => {
    const next = createNumbers(7);
    const store = createMemoryStore({ maxEvents: WRITES, maxEventAgeMs: WRITES });
    const followed = new Map<string, string>();
    const tell = (event: StoreEvent): void => {
      const seen = seenAs(event, isRed);
      if (seen?.type === 'DELETED') followed.delete(event.key);
      else if (seen !== undefined) followed.set(event.key, seen.object.metadata.resourceVersion!);
    };
    store.subscribe('configmaps', tell);
    let since = store.version;
    let replayed = new Map<string, string>();
    for (let i = 0; i < WRITES; i++) {
      const name = `n${next(NAMES)}`;
      const color = ['red', 'blue'][next(2)]!;
      if (next(4) === 0) store.remove('configmaps', name, i);
      else store.put('configmaps', name, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { color } } }, i);
      if (i % EVERY !== 0) continue;
      for (const event of store.eventsSince('configmaps', since) ?? []) {
        const seen = seenAs(event, isRed);
        if (seen?.type === 'DELETED') replayed.delete(event.key);
        else if (seen !== undefined) replayed.set(event.key, seen.object.metadata.resourceVersion!);
      }
      since = store.version;
      const now = new Map(
        store
          .list('configmaps', '')
          .filter(isRed)
          .map(({ metadata }) => [metadata.name!, metadata.resourceVersion!]),
      );
      expect(followed).toEqual(now);
      expect(replayed).toEqual(now);
      replayed = new Map(now);
    }
  });

  it('cannot begin at what was forgotten', () => {
    const store = createMemoryStore({ maxEvents: 2 });
    for (const name of ['a', 'b', 'c', 'd']) store.put('configmaps', name, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }, 0);
    expect(store.eventsSince('configmaps', 1)).toBeUndefined();
    expect(store.eventsSince('configmaps', 4)?.map(({ key }) => key)).toEqual(['d']);
    expect(store.listAt('configmaps', '', 4)?.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
  });
});

describe('a watch from the beginning', () => {
  const typesOf = (query: string): readonly string[] => {
    const core = createCore();
    const target = `/api/v1/namespaces/default/configmaps?watch=1${query}`;
    const answer = core.handle({ method: 'GET', target, headers: {}, body: new Uint8Array(), nowMs: 1 });
    if (answer.type !== 'watch') throw new Error(answer.type);
    const sent: string[] = [];
    answer.start({ send: (line) => sent.push(String(line)), end: () => {} })();
    return sent.map((line) => `${JSON.parse(line).type} ${JSON.stringify(JSON.parse(line).object.metadata.annotations ?? {})}`);
  };
  const end = 'BOOKMARK {"k8s.io/initial-events-end":"true"}';

  it.each<[string, readonly string[]]>([
    ['&allowWatchBookmarks=true', [end]],
    ['&allowWatchBookmarks=true&resourceVersion=0', [end]],
    ['', []],
    ['&allowWatchBookmarks=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan', []],
  ])('says where its first events end if bookmarks are wanted: %s', (query, types) => expect(typesOf(query)).toEqual(types));
});
