import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import { parseMixedManifest } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';
import { firstValueFrom, of, Subject, timer, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Admission,
  type AdmissionOutput,
  type AdmitManifestsOptions,
  type AdmittedStore,
  admitManifests,
  fileAdmittedStore,
  noAdmittedStore,
} from '../src/index.js';

const PATH = '/m/a.yaml';
const origin = { source: 'file', path: PATH, document: 0 } as const;
const asking = (text: string): ManifestEvent => {
  const [document] = parseMixedManifest(text, { path: PATH, nodeName: 'n1', source: 'file' }).documents;
  if (document?.result.ok !== true) throw new Error(JSON.stringify(document?.result));
  return 'pod' in document.result
    ? { type: 'applied', origin, pod: document.result.pod, warnings: [] }
    : { type: 'objectApplied', origin, object: document.result.object, warnings: [] };
};
const podEvent = (image: string, more = ''): ManifestEvent =>
  asking(`apiVersion: v1\nkind: Pod\nmetadata: {name: web${more}}\nspec: {containers: [{name: c, image: "${image}"}]}\n`);
const deployment = (image: string): ManifestEvent =>
  asking(
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: "${image}"}]}}}\n`,
  );

/** Denies images called `bad`, and puts a tag on the others. */
const policy = { tag: '', denied: 'bad' };
const admission: Admission = (pod) => {
  const [container] = pod.spec.containers;
  const { image = '' } = container ?? {};
  if (image.startsWith(policy.denied))
    return of({ type: 'rejection', policy: 'p', rule: 'r', field: 'f', message: `no ${image}`, retryable: false });
  return of(policy.tag === '' ? pod : { ...pod, spec: { ...pod.spec, containers: [{ ...container!, image: image + policy.tag }] } });
};
const run = (more: Partial<AdmitManifestsOptions> = {}) => {
  const event$ = new Subject<ManifestEvent>();
  const again$ = new Subject<'all' | 'retryable'>();
  const said: AdmissionOutput[] = [];
  const subscription = event$
    .pipe(admitManifests({ admission, again$, nodeName: 'n1', sources: 1, ...more }))
    .subscribe((output) => said.push(output));
  const words = () =>
    said.splice(0).map((output) => (output.type === 'rejection' ? `told ${output.stale} ${output.message}` : short(output.event)));
  return {
    say: (event: ManifestEvent) => event$.next(event),
    again: (which: 'all' | 'retryable') => again$.next(which),
    words,
    said,
    stop: () => subscription.unsubscribe(),
  };
};
const short = (event: ManifestEvent): string => {
  if (event.type === 'applied') return `applied ${event.pod.spec.containers[0]?.image}`;
  if (event.type === 'objectApplied')
    return `object ${(event.object as unknown as { spec: { template: Pod } }).spec.template.spec.containers[0]?.image}`;
  return event.type === 'rejected' ? `rejected ${event.stale}` : event.type;
};
const settled = () => firstValueFrom(timer(0));

beforeEach(() => {
  policy.tag = '';
  policy.denied = 'bad';
});

describe('a document', () => {
  it('that is rejected asks for nothing, and one that is edited so keeps what counted', async () => {
    const { say, words } = run();
    await settled();
    say(podEvent('bad:1'));
    expect(words()).toEqual([
      'rejected false',
      'told false pods "web-n1" is forbidden: admission policy p, rule "r", denied the request: f: no bad:1',
    ]);
    say(podEvent('good'));
    expect(words()).toEqual(['applied good']);
    say(podEvent('bad:2'));
    expect(words()).toEqual(['rejected true', expect.stringContaining('told true')]);
    say({ type: 'removed', origin });
    expect(words()).toEqual(['removed']);
    say(podEvent('bad:2'));
    expect(words()[0]).toBe('rejected false');
  });

  it('that was never admitted has no last good version, whatever its source says', async () => {
    const { say, words } = run();
    await settled();
    say(podEvent('bad:1'));
    words();
    say({ type: 'rejected', origin, issues: [], apiRef: '', message: 'broken', stale: true });
    expect(words()).toEqual(['rejected false']);
    say(podEvent('good'));
    say({ type: 'rejected', origin, issues: [], apiRef: '', message: 'broken', stale: true });
    expect(words()).toEqual(['applied good', 'rejected true']);
  });

  it('holds templates of Pods as well, before revisions are made of them', async () => {
    policy.tag = '-x';
    const { say, words } = run();
    await settled();
    say(deployment('good'));
    say(deployment('bad'));
    expect(words()).toEqual(['object good-x', 'rejected true', expect.stringContaining('told true deployments.apps "web" is forbidden: ')]);
  });

  it('of another kind is left alone, and so is what is said beside documents', async () => {
    const { say, words } = run();
    await settled();
    const config = asking('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n');
    const event$ = of(config, { type: 'synced', source: 'file', path: PATH } as const);
    const said = await firstValueFrom(event$.pipe(admitManifests({ admission, nodeName: 'n1', sources: 1 }), toArray()));
    expect(said.map((output) => output.type === 'manifest' && output.event.type)).toEqual(['objectApplied', 'synced']);
    say({ type: 'touched', origin });
    expect(words()).toEqual(['touched']);
  });
});

describe('a policy that changes', () => {
  it('is told of only where something comes out differently', async () => {
    const { say, again, words, said } = run();
    await settled();
    say(podEvent('good'));
    const [first] = said;
    words();
    again('all');
    expect(words()).toEqual([]);
    policy.tag = '-x';
    again('all');
    const [second] = said;
    expect(words()).toEqual(['applied good-x']);
    const uids = [first, second].map(
      (output) => output?.type === 'manifest' && output.event.type === 'applied' && output.event.pod.metadata.uid,
    );
    // Another Pod, as after an edit of its file.
    expect(uids[0]).not.toBe(uids[1]);
    policy.tag = '';
    again('all');
    expect(words()).toEqual(['applied good']);
  });

  it('ends nothing: what it denies now goes on until its document goes', async () => {
    const { say, again, words } = run();
    await settled();
    say(podEvent('good'));
    words();
    policy.denied = 'good';
    again('all');
    expect(words()).toEqual(['rejected true', expect.stringContaining('told true')]);
    again('all');
    expect(words()).toEqual([]);
    policy.denied = 'bad';
    again('all');
    expect(words()).toEqual(['applied good']);
  });

  it('looks again at what nobody could look at, and at nothing else', async () => {
    let answers = 0;
    let down = true;
    const flaky: Admission = (pod) => {
      answers += 1;
      return of(down ? { type: 'rejection', policy: '', rule: '', field: '', message: 'down', retryable: true } : pod);
    };
    const { say, again, words } = run({ admission: flaky });
    await settled();
    say(podEvent('good'));
    again('retryable');
    down = false;
    again('retryable');
    again('retryable');
    expect(words().at(-1)).toBe('applied good');
    expect(answers).toBe(3);
  });
});

describe('an identity', () => {
  it('that a file or an API gives stays, and one that was written into the file stays from then on', async () => {
    policy.tag = '-x';
    const { say, again, said } = run();
    await settled();
    const uidOf = () => {
      const output = said.splice(0).at(-1);
      return output?.type === 'manifest' && output.event.type === 'applied' ? output.event.pod.metadata.uid : undefined;
    };
    say(podEvent('good', ', uid: my-own'));
    expect(uidOf()).toBe('my-own');
    say(podEvent('good', ', uid: 3f6bd1d8-5a6b-4d5e-9c1f-0a1b2c3d4e5f, annotations: {kubernetes.io/config.source: api}'));
    expect(uidOf()).toBe('3f6bd1d8-5a6b-4d5e-9c1f-0a1b2c3d4e5f');
    say(podEvent('good'));
    const given = uidOf();
    // As `kubectl edit` writes it.
    say(podEvent('better', `, uid: ${given}`));
    expect(uidOf()).toBe(given);
    policy.tag = '-y';
    again('all');
    expect(uidOf()).toBe(given);
  });
});

describe('a restart', () => {
  let directory: string;
  const store = (): AdmittedStore => fileAdmittedStore({ path: join(directory, 'admission', 'admitted.json') });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'admitted-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  const opened = async (more: Partial<AdmitManifestsOptions> = {}) => {
    const loading = store();
    let loaded = (): void => {};
    const isLoaded = new Promise<void>((resolve) => {
      loaded = resolve;
    });
    const load: AdmittedStore['load'] = () => loading.load().finally(() => queueMicrotask(loaded));
    const running = run({ store: { ...loading, load }, ...more });
    await isLoaded;
    await settled();
    return running;
  };

  it.each([podEvent, deployment])('keeps what counted for a document that is rejected', async (event) => {
    policy.tag = '-x';
    const first = await opened();
    first.say(event('good'));
    first.say({ type: 'synced', source: 'file', path: PATH });
    expect(first.words()).toEqual([expect.stringContaining('good-x'), 'synced']);
    await expect.poll(async () => [...((await store().load()) ?? [])].length).toBe(1);
    first.stop();
    expect((await stat(join(directory, 'admission', 'admitted.json'))).mode & 0o777).toBe(0o600);
    policy.tag = '-y';
    const second = await opened();
    second.say(event('bad'));
    expect(second.words()).toEqual([expect.stringContaining('good-x'), 'rejected true', expect.stringContaining('told true')]);
    second.stop();
  });

  it('keeps later what a full disk had no room for', async () => {
    await writeFile(join(directory, 'admission'), 'no directory\n');
    const tries: (() => void)[] = [];
    const first = await opened({ later: (work) => void tries.push(work) });
    first.say(podEvent('good'));
    await expect.poll(() => tries.length).toBe(1);
    await rm(join(directory, 'admission'));
    tries[0]?.();
    await expect.poll(async () => (await store().load())?.size).toBe(1);
    expect(tries).toHaveLength(1);
    first.stop();
  });

  it('keeps nothing in clear that was encrypted, nor what is gone', async () => {
    const first = await opened();
    first.say({ ...podEvent('good'), sealed: true } as ManifestEvent);
    first.say({ type: 'synced', source: 'file', path: PATH });
    await expect.poll(async () => (await store().load())?.size).toBe(0);
    first.say(podEvent('good'));
    await expect.poll(async () => (await store().load())?.size).toBe(1);
    first.stop();
    const second = await opened();
    second.say({ type: 'synced', source: 'file', path: PATH });
    await expect.poll(async () => (await store().load())?.size).toBe(0);
    second.stop();
  });

  it('with the first policy of a node ends nothing that ran', async () => {
    const first = await opened({ ranBefore: ({ name }) => name === 'web-n1' });
    first.say(podEvent('bad'));
    expect(first.words()).toEqual(['applied bad', 'rejected true', expect.stringContaining('told true')]);
    first.say({ type: 'synced', source: 'file', path: PATH });
    await expect.poll(async () => (await store().load())?.size).toBe(1);
    first.stop();
    const second = await opened({ ranBefore: () => true });
    second.say({ ...podEvent('bad'), origin: { ...origin, path: '/m/b.yaml' } } as ManifestEvent);
    expect(second.words()[0]).toBe('rejected false');
    second.stop();
  });

  it.each([
    '{',
    '{"version":2}',
    '{"version":1,"records":[["a",{}]]}',
    '{"version":1,"records":[["a",{"asked":"","identity":{},"outcome":{"type":"applied","origin":{}}}]]}',
  ])('sets a record that is broken aside: %s', async (text) => {
    const path = join(directory, 'admitted.json');
    await writeFile(path, text);
    expect(await fileAdmittedStore({ path }).load()).toBeUndefined();
    await stat(`${path}.broken`);
  });

  it('of a program without a store keeps nothing', async () => {
    expect(await noAdmittedStore.load()).toEqual(new Map());
  });
});
