import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { SourceCommand, SourceDefinition } from '../src/index.js';
import { definition, follow, pod, revision, useSite } from './bed.js';
import { blobPath, fakeRuntime, imagesField, layerOf, ranged, serve, testImage } from './image-bed.js';

const site = useSite();
const FILE = '/site.yaml';
const NAME = 'registry.invalid/web:1';

const publish = (number: number, images: string, more = ''): void =>
  void site.server.files.set(FILE, revision(number, images + more) + pod('web', `web:${number}`));

const box = (source: Partial<SourceDefinition> = {}, options: Partial<Parameters<typeof follow>[1]> = {}) => {
  const fake = fakeRuntime();
  const kept: string[][] = [];
  const watched = follow(
    definition({ url: site.server.url + FILE, require: 'none', intervalMs: 5_000, ...source }),
    { directory: join(site.root, 'state'), runtimeImages: fake.runtime, ...options },
    (images) => kept.push([...images]),
  );
  site.stops.push(watched.stop);
  return {
    ...watched,
    ...fake,
    kept,
    runs: (number: number) =>
      watched.until(`web:${number}`, () => watched.running()['web-n'] === `web:${number}` && watched.last()?.revision === number),
    waits: (message: RegExp) =>
      watched.until(`a wait for ${message}`, () => {
        const { rollout } = watched.last() ?? {};
        return rollout?.reason === 'ImagesPending' && message.test(rollout.message);
      }),
    fetched: (digest: string) => site.server.requests.filter(({ url }) => url === blobPath(digest)).length,
    pool: () => readdirSync(join(site.root, 'state/images')),
  };
};

describe('images that a source has', () => {
  it('are in the runtime before anything begins, on a box with nothing to run, too', async () => {
    const image = testImage(NAME, [layerOf(100_000), layerOf(10)]);
    serve(site.server, image);
    publish(1, imagesField(image));
    const one = box();
    await one.runs(1);
    expect(one.loads).toEqual([NAME]);
    expect(one.names.get(NAME)).toBe(image.digest);
    expect(one.statuses.find(({ rollout }) => rollout !== undefined)).toMatchObject({
      state: 'Pending',
      rollout: { reason: 'ImagesPending', message: expect.stringMatching(/^0 of 1 image is here/), revision: 1 },
    });
    expect(one.last()).toMatchObject({ state: 'Ready', images: [NAME] });
    expect(one.last()).not.toHaveProperty('imageFetch');
    expect(one.last()).not.toHaveProperty('rollout');
    expect(one.kept.at(-1)).toEqual([NAME]);
    expect(one.pool()).toEqual([]);
  });

  it('are fetched by layer: what the runtime holds or an image before has is not asked for again', async () => {
    const [base, top, next] = [layerOf(50_000), layerOf(20), layerOf(30)];
    const [first, second] = [testImage(NAME, [base, top]), testImage('registry.invalid/web:2', [base, next])];
    for (const image of [first, second]) serve(site.server, image);
    publish(1, imagesField(first));
    const one = box({ intervalMs: 30 });
    await one.runs(1);
    publish(2, imagesField(second));
    await one.runs(2);
    expect(one.fetched(first.layers[0] ?? '')).toBe(1);
    expect(one.fetched(second.layers[1] ?? '')).toBe(1);
    expect(one.loads).toEqual([NAME, 'registry.invalid/web:2']);
    // The one before is still kept: somebody may go back to it.
    expect(one.last()?.images).toEqual([NAME, 'registry.invalid/web:2']);
  });

  it('that the runtime has already are not fetched, and nobody is asked', async () => {
    const image = testImage(NAME, [layerOf(10)]);
    publish(1, imagesField(image));
    const fake = fakeRuntime();
    fake.names.set(NAME, image.digest);
    const one = box({}, { runtimeImages: fake.runtime });
    await one.runs(1);
    expect(site.server.requests.map(({ url }) => url)).toEqual([FILE]);
  });

  it('stay as far as they came while their revision is held, over a restart, too, and go on from there', async () => {
    const layer = layerOf(100_000);
    const [own, image] = [testImage('registry.invalid/own:1', [layerOf(50)]), testImage(NAME, [layer])];
    serve(site.server, own);
    serve(site.server, image);
    const path = blobPath(image.layers[0] ?? '');
    const asked: (string | undefined)[] = [];
    // The first 40,000 bytes, and then nothing for as long as somebody waits.
    site.server.files.set(path, (request, response) => {
      asked.push(request.headers.range);
      response.writeHead(200, { 'content-length': layer.length });
      response.write(layer.subarray(0, 40_000));
    });
    const sizes = () =>
      Object.fromEntries(
        one.pool().map((name) => [name.endsWith('.partial') ? 'partial' : 'whole', statSync(join(site.root, 'state/images', name)).size]),
      );
    const commanded = (command$: Subject<SourceCommand>) => (command: SourceCommand['command']) =>
      new Promise<void>((resolve) => command$.next({ command, done: () => resolve() }));
    const command$ = new Subject<SourceCommand>();
    publish(1, imagesField(own));
    let one = box({ intervalMs: 30 }, { command$ });
    await one.runs(1);
    publish(2, imagesField(own, image));
    await one.until('the first bytes', () => one.pool().length > 0 && sizes()['partial'] === 40_000);
    await commanded(command$)('hold');
    await one.until('the hold', () => one.last()?.rollout?.reason === 'Held');
    const tries = one.statuses.length;
    await one.until('some checks', () => one.statuses.length > tries + 3);
    expect(sizes()).toMatchObject({ partial: 40_000 });
    expect(asked).toEqual([undefined]);
    one.stop();

    const later$ = new Subject<SourceCommand>();
    const { content, names } = one;
    one = box({ intervalMs: 30 }, { command$: later$ });
    for (const [digest, bytes] of content) one.content.set(digest, bytes);
    for (const [name, digest] of names) one.names.set(name, digest);
    await one.until('the hold', () => one.last()?.rollout?.reason === 'Held' && one.last()?.state === 'Ready');
    const before = one.statuses.length;
    await one.until('some checks', () => one.statuses.length > before + 3);
    expect(sizes()).toMatchObject({ partial: 40_000 });
    site.server.files.set(path, (request, response) => {
      asked.push(request.headers.range);
      ranged(layer)(request, response);
    });
    await commanded(later$)('resume');
    await one.runs(2);
    expect(asked).toEqual([undefined, 'bytes=40000-99999']);
    expect(one.content.get(image.layers[0] ?? '')?.equals(layer)).toBe(true);
    await one.until('an empty pool', () => one.pool().length === 0);
  });

  it('go where their revision is skipped, held or not', async () => {
    const layer = layerOf(100_000);
    const [own, image] = [testImage('registry.invalid/own:1', [layerOf(50)]), testImage(NAME, [layer])];
    serve(site.server, own);
    serve(site.server, image);
    site.server.files.set(blobPath(image.layers[0] ?? ''), (_request, response) => {
      response.writeHead(200, { 'content-length': layer.length });
      response.write(layer.subarray(0, 40_000));
    });
    const command$ = new Subject<SourceCommand>();
    const command = (word: SourceCommand['command']) =>
      new Promise<void>((resolve) => command$.next({ command: word, done: () => resolve() }));
    publish(1, imagesField(own));
    const one = box({ intervalMs: 30 }, { command$ });
    await one.runs(1);
    publish(2, imagesField(own, image));
    await one.until('the first bytes', () => one.pool().some((name) => name.endsWith('.partial')));
    await command('hold');
    await one.until('the hold', () => one.last()?.rollout?.reason === 'Held');
    expect(one.pool().length).toBeGreaterThan(0);
    await command('skip');
    await command('resume');
    await one.until('an empty pool', () => one.last()?.rollout?.reason === 'Skipped' && one.pool().length === 0);
  });

  it('hold what is new back, and what runs, runs on', async () => {
    const image = testImage(NAME, [layerOf(10)]);
    publish(1, '');
    const one = box({ intervalMs: 30 });
    await one.runs(1);
    publish(2, imagesField(image));
    await one.waits(/0 of 1 image is here; NotFound: registry.invalid\/web:1: http.*\/images\/blobs\/sha256\/.*: answered 404 Not Found/);
    expect(one.running()).toEqual({ 'web-n': 'web:1' });
    expect(one.last()).toMatchObject({ state: 'Ready', revision: 1, imageFetch: { images: 1, ready: 0, reason: 'NotFound' } });
    serve(site.server, image);
    await one.runs(2);
  });

  it('are fetched before a window opens, but take no name that what runs has for another one', async () => {
    const [before, after] = [testImage(NAME, [layerOf(10)]), testImage(NAME, [layerOf(11)])];
    const extra = testImage('registry.invalid/extra:1', [layerOf(12)]);
    for (const image of [before, after, extra]) serve(site.server, image);
    publish(1, imagesField(before));
    const [hour, minute] = new Date(Date.now() + 12 * 3_600_000).toISOString().slice(11, 16).split(':');
    const windows = [{ schedule: `${Number(minute)} ${Number(hour)} * * *`, durationMs: 60_000 }];
    const one = box({ intervalMs: 30, rollout: { windows } });
    await one.runs(1);
    publish(2, imagesField(after, extra));
    await one.until('the extra image', () => one.loads.includes('registry.invalid/extra:1'));
    await one.until('all of the other', () => after.layers.every((digest) => one.pool().includes(digest.replace(':', '-'))));
    expect(one.names.get(NAME)).toBe(before.digest);
    expect(one.last()).toMatchObject({ revision: 1, rollout: { reason: 'OutsideWindow' } });
  });

  it('of what is for other nodes are not fetched', async () => {
    const image = testImage(NAME, [layerOf(10)]);
    serve(site.server, image);
    publish(1, '');
    const one = box({ intervalMs: 30 });
    await one.runs(1);
    publish(2, imagesField(image), '  rollout: { percent: 0 }\n');
    await one.until('the wait', () => one.last()?.rollout?.reason === 'NotSelected');
    const asked = site.server.requests.length;
    await one.until('some checks', () => site.server.requests.length > asked + 3);
    expect(site.server.requests.filter(({ url }) => url !== FILE)).toEqual([]);
  });

  it('come as an archive, too', async () => {
    const archive = layerOf(5_000);
    const digest = `sha256:${(await import('node:crypto')).createHash('sha256').update(archive).digest('hex')}`;
    site.server.files.set('/archives/web.tar', archive);
    const id = `sha256:${'a'.repeat(64)}`;
    publish(1, `  images:\n  - { name: web, digest: "${id}", archive: { url: ./archives/web.tar, digest: "${digest}", size: 5000 } }\n`);
    const one = box();
    await one.runs(1);
    expect([...one.names]).toEqual([['docker.io/library/web:latest', id]]);
    expect(one.pool()).toEqual([]);
  });

  it('go on after a restart where they were', async () => {
    const layer = layerOf(40_000);
    const image = testImage(NAME, [layer]);
    serve(site.server, image);
    publish(1, imagesField(image));
    const [digest = ''] = image.layers;
    mkdirSync(join(site.root, 'state/images'), { recursive: true });
    writeFileSync(join(site.root, `state/images/${digest.replace(':', '-')}.partial`), layer.subarray(0, 30_000));
    writeFileSync(join(site.root, `state/images/sha256-${'0'.repeat(64)}`), 'left by a revision before');
    const one = box();
    await one.runs(1);
    expect(site.server.requests.find(({ url }) => url === blobPath(digest))?.headers.range).toBe('bytes=30000-39999');
    expect(one.pool()).toEqual([]);
  });

  it.each([
    ['others', true],
    ['none', false],
  ])('are asked for again once %s were wanted: they may have been collected meanwhile', async (_what, hasOthers) => {
    const images = [1, 2, 3].map((number) => testImage(`registry.invalid/web:${number}`, [layerOf(10 + number)]));
    for (const image of images) serve(site.server, image);
    const one = box({ intervalMs: 30 });
    for (const [at, image] of images.entries()) {
      publish(at + 1, at === 0 || hasOthers ? imagesField(image) : '');
      await one.runs(at + 1);
    }
    const first = images[0]!;
    one.names.delete(first.name);
    one.content.clear();
    for (const digest of first.blobs.keys()) site.server.files.delete(blobPath(digest));
    publish(4, imagesField(first));
    await one.waits(/NotFound: registry.invalid\/web:1/);
    expect(one.running()).toEqual({ 'web-n': 'web:3' });
    serve(site.server, first);
    await one.runs(4);
    expect(one.names.get(first.name)).toBe(first.digest);
  });

  it('wait where nobody can take them in', async () => {
    const image = testImage(NAME, [layerOf(10)]);
    serve(site.server, image);
    publish(1, imagesField(image));
    const one = box({}, { runtimeImages: undefined });
    await one.waits(/nobody who takes images/);
    expect(one.running()).toEqual({});
  });
});
