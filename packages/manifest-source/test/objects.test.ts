import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { parseMixedManifest } from '@solo-kubelet/object-spec';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ListedEntry } from '../src/core/listing.js';
import { initialState, type SourceState } from '../src/core/source-state.js';
import { takeListing } from '../src/core/take-listing.js';
import { emptyObjectStore, findObject, listObjects, type ManifestEvent, type ObjectStore, reduceObjects } from '../src/index.js';
import { openLastGoodStore } from '../src/last-good-store.js';
import { say } from './say.js';

const rules = {
  parse: parseMixedManifest,
  nodeName: 'n',
  settleMs: 1_000,
  removalSettleMs: 100,
  replacementSettleMs: 5_000,
  failedRecheckMs: 1_000,
};

const entry = (path: string, text: string): ListedEntry => ({
  path,
  content: { type: 'text', text: new TextEncoder().encode(text), digest: text, modifiedAtMs: 0 },
});

/** A source whose files are what each step says; `look` gives the events as lines. */
const createSource = () => {
  let state: SourceState = initialState('file', '/m');
  let atMs = 100_000;
  let store: ObjectStore = emptyObjectStore;
  const look = (files: Readonly<Record<string, string>>): readonly ManifestEvent[] => {
    const events: ManifestEvent[] = [];
    // Twice, ten seconds apart: a loss or a failure is believed by then.
    for (let times = 0; times < 2; times += 1) {
      atMs += 10_000;
      const entries = Object.entries(files).map(([name, text]) => entry(`/m/${name}`, text));
      const step = takeListing(state, { type: 'listed', kind: 'directory', directoryId: '1', atMs, entries }, rules);
      state = step.state;
      events.push(...step.events);
    }
    store = events.reduce(reduceObjects, store);
    return events;
  };
  /** As another process finds it: from what is on disk. */
  const restart = async (): Promise<void> => {
    const directory = await mkdtemp(join(tmpdir(), 'last-good-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const kept = openLastGoodStore(directory, silentLogger);
    for (const [path, { slots }] of state.files) await kept.save(path, slots);
    state = initialState('file', '/m', (await kept.load('/m', { ...rules, source: 'file' })).slots);
    store = emptyObjectStore;
  };
  return { look, restart, say: (files: Readonly<Record<string, string>>) => look(files).map(say), store: () => store };
};

const configMap = (name: string, value: string, more = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {k: "${value}"}\n${more}`;
const pod = (name: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: app, image: a:1, env: [{name: K, valueFrom: {configMapKeyRef: {name: web, key: k}}}]}]}\n`;
const job = (image: string): string =>
  `apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: "${image}"}]}}}\n`;

describe('a source of Pods and other objects', () => {
  it('holds them in one file, in several documents and in a List', () => {
    const source = createSource();
    const list = 'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: key}, stringData: {k: v}}\n';
    expect(source.say({ 'a.yaml': `${configMap('web', '1')}---\n${pod('web')}---\n${list}` })).toEqual([
      'object a.yaml ConfigMap/web',
      'applied a.yaml#1 web-n:a:1',
      'object a.yaml#2 Secret/key',
      'synced',
    ]);
    expect(findObject(source.store(), 'Secret', 'key', 'default')?.data).toEqual({ k: 'dg==' });
  });

  it('refuses a kind without a meaning for that document alone, with its place', () => {
    const source = createSource();
    const events = source.look({
      'a.yaml': `apiVersion: v1\nkind: ReplicationController\nmetadata: {name: web}\n---\n${configMap('web', '1')}`,
    });
    expect(events.map(say)).toEqual([
      'rejected a.yaml /m/a.yaml:2:7: v1 ReplicationController has no meaning on a node without a control plane',
      'object a.yaml#1 ConfigMap/web',
      'synced',
    ]);
  });

  it('keeps the last good version of a broken object, and of one that may not be changed', () => {
    const source = createSource();
    source.look({ 'a.yaml': configMap('web', '1'), 'b.yaml': configMap('fixed', '1', 'immutable: true\n') });
    const events = source.look({
      'a.yaml': configMap('web', '2').replace('\ndata: {', '\ndata: {..x: "", '),
      'b.yaml': configMap('fixed', '2', 'immutable: true\n'),
    });
    expect(events).toMatchObject([
      { type: 'rejected', stale: true, issues: [{ field: 'data[..x]', line: 4, column: 13 }] },
      { type: 'rejected', stale: true, issues: [{ message: 'data: Forbidden: field is immutable when `immutable` is set', line: 4 }] },
    ]);
    expect(listObjects(source.store(), 'ConfigMap').map(({ data }) => data?.['k'])).toEqual(['1', '1']);
    expect(source.say({ 'a.yaml': configMap('web', '3'), 'b.yaml': configMap('fixed', '1', 'immutable: true\n') })).toEqual([
      'object a.yaml ConfigMap/web',
      'object b.yaml ConfigMap/fixed',
    ]);
  });

  it('lets a removed object go, and takes one that comes back for another one', () => {
    const source = createSource();
    const uid = () => findObject(source.store(), 'ConfigMap', 'web', 'default')?.metadata.uid;
    source.look({ 'a.yaml': configMap('web', '1'), 'b.yaml': configMap('b', '1') });
    const first = uid();
    source.look({ 'a.yaml': configMap('web', '2'), 'b.yaml': configMap('b', '1') });
    expect(uid()).toBe(first);
    expect(source.say({ 'c.yaml': configMap('web', '2'), 'b.yaml': configMap('b', '1') })).toEqual([
      'removed a.yaml',
      'object c.yaml ConfigMap/web',
    ]);
    expect(uid(), 'under the name of another file').toBe(first);
    expect(source.say({ 'b.yaml': configMap('b', '1') })).toEqual(['removed c.yaml']);
    expect(uid()).toBeUndefined();
    source.look({ 'a.yaml': configMap('web', '1'), 'b.yaml': configMap('b', '1') });
    expect(uid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-b[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uid()).not.toBe(first);
  });

  it('dates them by when they first came, over edits and restarts', async () => {
    const source = createSource();
    const created = () => findObject(source.store(), 'ConfigMap', 'web', 'default')?.metadata.creationTimestamp;
    source.look({ 'a.yaml': configMap('web', '1') });
    expect(created()).toBe('1970-01-01T00:01:50Z');
    source.look({ 'a.yaml': configMap('web', '2') });
    expect(created()).toBe('1970-01-01T00:01:50Z');
    await source.restart();
    source.look({ 'a.yaml': configMap('web', '2') });
    expect(created()).toBe('1970-01-01T00:01:50Z');
  });

  it('counts changes of what is wanted, and runs a Job anew that cannot be changed', () => {
    const source = createSource();
    const found = () => findObject(source.store(), 'Job', 'migrate', 'default')?.metadata;
    source.look({ 'a.yaml': job('a:1') });
    const first = found();
    expect(source.say({ 'a.yaml': `# a comment\n${job('a:1')}` })).toEqual([]);
    expect(source.say({ 'a.yaml': job('a:2') })).toEqual(['object a.yaml Job/migrate']);
    expect(found()?.uid).not.toBe(first?.uid);
    const replaced = found()?.uid;
    source.look({ 'a.yaml': job('a:2').replace('spec: {', 'spec: {activeDeadlineSeconds: 60, ') });
    expect(found()).toMatchObject({ uid: replaced, generation: 2 });
    expect(source.say({ 'a.yaml': job('a:2').replace('spec: {', '# again\nspec: {activeDeadlineSeconds: 60, ') })).toEqual([]);
  });

  it('takes a Job that took the place of another for the same one after a restart', async () => {
    const source = createSource();
    const found = () => findObject(source.store(), 'Job', 'migrate', 'default');
    source.look({ 'a.yaml': job('a:1') });
    source.look({ 'a.yaml': job('a:2') });
    const replaced = found();
    await source.restart();
    source.look({ 'a.yaml': job('a:2') });
    expect(found()).toEqual(replaced);
    await source.restart();
    source.look({ 'a.yaml': job('a:3') });
    expect(found()?.metadata.uid).not.toBe(replaced?.metadata.uid);
  });
});
