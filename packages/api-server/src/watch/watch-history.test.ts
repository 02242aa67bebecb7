import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiCore } from '../create-api-core.js';
import { createMemoryStore } from '../store/memory-store.js';
import { createCore } from '../testing/ask-core.js';

/** How many writes a history has: `SOLO_WATCH_WRITES=10000` for a long one. */
const WRITES = Number(process.env['SOLO_WATCH_WRITES'] ?? 1_000);
const RUNS = 3;

interface Seen {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion: string };
}
interface WatchEvent {
  readonly type: string;
  readonly object: Seen & { readonly code?: number };
}

const NAMESPACES = ['default', 'kube-public'];
const request = (method: string, target: string, body?: object, type = 'application/json') => ({
  ...{ method, target, headers: { 'content-type': type }, nowMs: 1_000 },
  body: new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body)),
});
const answerOf = (core: ApiCore, ...given: Parameters<typeof request>): { readonly code: number; readonly value: unknown } => {
  const answer = core.handle(request(...given));
  if (answer.type !== 'answer') throw new Error(answer.type);
  return { code: answer.code, value: JSON.parse(String(answer.body)) };
};

interface List {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly Seen[];
}
const keyOf = ({ metadata }: Seen): string => `${metadata.namespace}/${metadata.name}`;
const stateOf = ({ items }: List): Map<string, string> => new Map(items.map((item) => [keyOf(item), JSON.stringify(item)]));

/** A client that lists once, and from then on knows only what it is told. */
const createFollower = (core: ApiCore, path: string, selector: string) => {
  const target = (more: string): string => `${path}?${[selector, more].filter(Boolean).join('&')}`;
  const list = (): List => answerOf(core, 'GET', target('')).value as List;
  let state = new Map<string, string>();
  let version = '';
  let lists = 0;
  let stop = (): void => {};
  const relist = (): void => {
    const listed = list();
    lists += 1;
    state = stateOf(listed);
    version = listed.metadata.resourceVersion;
  };
  const hear = ({ type, object }: WatchEvent): void => {
    if (type === 'ERROR') {
      expect(object.code).toBe(410);
      relist();
      return;
    }
    // No event is told twice, and none comes late.
    expect(Number(object.metadata.resourceVersion)).toBeGreaterThan(Number(version));
    version = object.metadata.resourceVersion;
    if (type === 'DELETED') expect(state.delete(keyOf(object))).toBe(true);
    else {
      expect(state.has(keyOf(object))).toBe(type === 'MODIFIED');
      // What a list holds has no kind of its own.
      const { kind: _kind, apiVersion: _version, ...item } = object as Seen & { kind?: string; apiVersion?: string };
      state.set(keyOf(object), JSON.stringify(item));
    }
  };
  relist();
  return {
    /** Breaks the connection, if there is one, and watches from the last version that it knows. */
    connect: (): void => {
      stop();
      const answer = core.handle(request('GET', target(`watch=true&resourceVersion=${version}`)));
      if (answer.type !== 'watch') throw new Error(answer.type);
      stop = answer.start({ send: (event) => hear(JSON.parse(String(event)) as WatchEvent), end: () => {} });
    },
    disconnect: (): void => stop(),
    check: (): void => expect(state).toEqual(stateOf(list())),
    lists: () => lists,
  };
};

const write = fc.record({
  verb: fc.constantFrom('POST', 'POST', 'PUT', 'PATCH', 'PATCH', 'APPLY', 'DELETE', 'DRY', 'ALL'),
  namespace: fc.constantFrom(...NAMESPACES),
  name: fc.integer({ min: 0, max: 12 }).map((n) => `n${n}`),
  color: fc.constantFrom('red', 'blue'),
  value: fc.integer({ min: 0, max: 3 }).map(String),
});
/** What clients do between writes. */
const doing = fc.record({
  follower: fc.nat(),
  what: fc.constantFrom('connect', 'disconnect', 'check'),
  every: fc.integer({ min: 3, max: 40 }),
});

const carryOut = (core: ApiCore, { verb, namespace, name, color, value }: typeof write extends fc.Arbitrary<infer T> ? T : never): void => {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels: { color } }, data: { value } };
  const at = `${path}/${name}`;
  const { code } =
    verb === 'POST'
      ? answerOf(core, 'POST', path, map)
      : verb === 'PUT'
        ? answerOf(core, 'PUT', at, map)
        : verb === 'PATCH'
          ? answerOf(core, 'PATCH', at, { metadata: { labels: { color } }, data: { value } }, 'application/merge-patch+json')
          : verb === 'APPLY'
            ? answerOf(core, 'PATCH', `${at}?fieldManager=m&force=true`, map, 'application/apply-patch+yaml')
            : verb === 'DELETE'
              ? answerOf(core, 'DELETE', at)
              : verb === 'DRY'
                ? answerOf(core, 'DELETE', `${at}?dryRun=All`)
                : answerOf(core, 'DELETE', `${path}?labelSelector=color%3D${color}&fieldSelector=metadata.name%3D${name}`);
  expect([200, 201, 404, 409]).toContain(code);
};

describe('watches over lists', () => {
  it.each([
    ['all that is written is remembered', WRITES * 2],
    ['little is remembered, and clients that come late list again', 50],
  ])(
    `lead to the same state as a list after any history of ${WRITES} writes: %s`,
    (_what, maxEvents) => {
      let again = 0;
      fc.assert(
        fc.property(fc.infiniteStream(write), fc.infiniteStream(doing), (writes, doings) => {
          const core = createCore({}, { store: createMemoryStore({ maxEvents }) });
          const followers = [
            createFollower(core, '/api/v1/configmaps', ''),
            createFollower(core, '/api/v1/namespaces/default/configmaps', 'labelSelector=color%3Dred'),
            createFollower(core, '/api/v1/configmaps', 'labelSelector=color%21%3Dred'),
            createFollower(core, '/api/v1/namespaces/kube-public/configmaps', 'fieldSelector=metadata.name%3Dn3'),
          ];
          let next = doings.next().value!;
          let due = next.every;
          for (let i = 0; i < WRITES; i++) {
            carryOut(core, writes.next().value!);
            if (i < due) continue;
            const follower = followers[next.follower % followers.length]!;
            if (next.what === 'check') follower.connect();
            follower[next.what as 'connect' | 'disconnect' | 'check']();
            next = doings.next().value!;
            due = i + next.every;
          }
          for (const follower of followers) {
            follower.connect();
            follower.check();
            again += follower.lists() - 1;
          }
        }),
        { numRuns: RUNS },
      );
      // Both ways back to the present were taken.
      if (maxEvents < WRITES) expect(again).toBeGreaterThan(0);
      else expect(again).toBe(0);
    },
    600_000,
  );
});
