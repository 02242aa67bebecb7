import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { Pod } from '@solo-kubelet/pod-spec';
import { Subject } from 'rxjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ephemeralContainers } from './ephemeral-containers.js';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ephemeral-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const origin = (document = 0) => ({ source: 'file', path: '/m/web.yaml', document }) as const;
const web = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', uid: 'u' }, spec: { containers: [] } } as unknown as Pod;
const applied: ManifestEvent = { type: 'applied', origin: origin(), pod: web, warnings: [] };
const synced: ManifestEvent = { type: 'synced', source: 'file', path: '/m' };
const shell = { name: 'shell', image: 'busybox' };

const open = (path = join(directory, 'e.json')) => {
  const event$ = new Subject<ManifestEvent>();
  const seen: ManifestEvent[] = [];
  const added = ephemeralContainers({ path, sources: 1, logger: silentLogger });
  const subscription = event$.pipe(added.take()).subscribe((event) => seen.push(event));
  const shown = () =>
    seen.flatMap((event) => (event.type === 'applied' ? [event.pod.spec.ephemeralContainers?.map(({ name }) => name) ?? []] : []));
  return { added, event$, seen, shown, path, stop: () => subscription.unsubscribe() };
};
const until = (what: () => unknown) => vi.waitFor(async () => expect(await what()).toBeTruthy(), { timeout: 15_000 });

it('gives a Pod what is added to it, once that is on disk, and again after a restart', async () => {
  const first = open();
  first.event$.next(applied);
  await until(() => first.seen.length === 1);
  expect(await first.added.add('u', [shell])).toBe(true);
  expect(first.shown()).toEqual([[], ['shell']]);
  expect(JSON.parse(await readFile(first.path, 'utf8'))).toEqual({ u: [shell] });
  first.stop();
  const second = open();
  second.event$.next(applied);
  second.event$.next(synced);
  await until(() => second.seen.length === 2);
  expect(second.shown()).toEqual([['shell']]);
});

it('gives what comes before the file has been read in its order', async () => {
  const { event$, seen } = open();
  event$.next(applied);
  event$.next(synced);
  expect(seen).toEqual([]);
  await until(() => seen.length === 2);
  expect(seen.map(({ type }) => type)).toEqual(['applied', 'synced']);
});

it('forgets a Pod that has gone, though not before every source has spoken', async () => {
  await writeFile(join(directory, 'e.json'), JSON.stringify({ u: [shell], old: [shell] }));
  const { event$, seen, path, added } = open();
  event$.next(applied);
  await until(() => seen.length === 1);
  expect(JSON.parse(await readFile(path, 'utf8'))).toHaveProperty('old');
  event$.next(synced);
  await until(async () => !('old' in JSON.parse(await readFile(path, 'utf8'))));
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ u: [shell] });
  event$.next({ type: 'removed', origin: origin() });
  await until(async () => (await readFile(path, 'utf8')) === '{}\n');
  expect(await added.add('u', [shell])).toBe(false);
});

it('keeps no more than can be read again at the next start', async () => {
  const { event$, seen, shown, added, path } = open();
  const pods = ['u', 'v'].map((uid) => ({ ...web, metadata: { name: uid, namespace: 'default', uid } }));
  pods.forEach((pod, at) => void event$.next({ type: 'applied', origin: origin(at), pod, warnings: [] }));
  await until(() => seen.length === 2);
  const large = { ...shell, command: ['x'.repeat(9 * 1024 * 1024)] };
  expect(await added.add('u', [large])).toBe(true);
  await expect(added.add('v', [large])).rejects.toThrow('this node keeps no more than 16777216 characters of them, of all Pods');
  expect(await added.add('v', [shell])).toBe(true);
  expect(shown()).toEqual([[], [], ['shell'], ['shell']]);
  expect(Object.keys(JSON.parse(await readFile(path, 'utf8')))).toEqual(['u', 'v']);
});

it('adds nothing where it cannot be written down', async () => {
  const path = join(directory, 'missing', 'e.json');
  const { event$, seen, shown, added } = open(path);
  event$.next(applied);
  await until(() => seen.length === 1);
  await writeFile(join(directory, 'missing'), '');
  await expect(added.add('u', [shell])).rejects.toThrow();
  expect(shown()).toEqual([[]]);
  await rm(join(directory, 'missing'));
  await mkdir(join(directory, 'missing'));
  expect(await added.add('u', [shell])).toBe(true);
  expect(shown()).toEqual([[], ['shell']]);
});
