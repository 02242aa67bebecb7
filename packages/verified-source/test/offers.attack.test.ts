import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileLayer, nodeFiles } from '@solo-kubelet/state-files';
import { NEVER, Subject } from 'rxjs';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  BUNDLE_URL,
  inspectOffer,
  readKeptImages,
  type SourceCommand,
  type SourceDefinition,
  type SourceReason,
  writeOffer,
} from '../src/index.js';
import { definition, follow, lacking, minisignKeys, pod, revision, sshKeys, webServer } from './bed.js';

let root: string;
let state: string;
const stops: (() => void)[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'offers-'));
  state = join(root, 'state');
  await mkdir(state);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) stop();
  await rm(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
});

const DIGEST = `sha256:${'1'.repeat(64)}`;
const LIST = {
  apiVersion: 'solo-kubelet.dev/v1alpha1',
  kind: 'ImageList',
  images: [{ name: 'localhost/web:1', mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: DIGEST, size: 3 }],
  blobs: [{ digest: DIGEST, size: 3 }],
};

const archive = async (manifest: string, list: unknown = LIST): Promise<Buffer> => {
  const tar = pack();
  tar.entry({ name: '.images.json' }, typeof list === 'string' ? list : JSON.stringify(list));
  tar.entry({ name: 'site.yaml' }, manifest);
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

const watch = (source: SourceDefinition, options: Partial<Parameters<typeof follow>[1]> = {}) => {
  const watched = follow(source, { directory: state, ...options });
  stops.push(watched.stop);
  return watched;
};

const isDecided = async (): Promise<boolean> => !(await readdir(state)).includes('offered.json');

describe.skipIf(lacking !== undefined)(`an answer that somebody brings${lacking === undefined ? '' : ` (needs ${lacking})`}`, () => {
  const signed = async (image: string, number: number, list: unknown = LIST) => {
    const keys = sshKeys(root, `ssh-${number}-${image.replace(':', '-')}`);
    const content = await archive(revision(number) + pod('web', image), list);
    return { keys, offer: { content, signature: { type: 'ssh' as const, text: keys.sign(content) } } };
  };

  it('runs at once at a source without a server, keeps its images, and runs again after a restart', async () => {
    const first = await signed('web:1', 1);
    const second = await signed('web:2', 2, { ...LIST, images: [{ ...LIST.images[0], name: 'localhost/web:2' }] });
    const source = definition({ url: BUNDLE_URL, keys: [first.keys.publicKey, second.keys.publicKey], intervalMs: 3_600_000 });
    const watched = watch(source);
    await watched.until('that nothing came', () => watched.last()?.reason === 'NotFound');
    await writeOffer(state, first.offer);
    await watched.until('revision 1', () => watched.running()['web-n'] === 'web:1');
    expect(watched.last()).toMatchObject({ state: 'Ready', revision: 1, images: ['localhost/web:1'] });
    await writeOffer(state, second.offer);
    await watched.until('revision 2', () => watched.running()['web-n'] === 'web:2');
    expect(watched.last()).toMatchObject({ revision: 2, images: ['localhost/web:1', 'localhost/web:2'] });
    expect(await isDecided()).toBe(true);
    watched.stop();
    const again = watch(source);
    await again.until('it to run', () => again.running()['web-n'] === 'web:2');
    expect(again.last()).toMatchObject({ images: ['localhost/web:1', 'localhost/web:2'] });
  });

  it('has its images kept while it waits, and those of what it goes back to while it is on trial, without a kubelet too', async () => {
    const first = await signed('pulled-web:1', 1);
    const second = await signed('web:2', 2, { ...LIST, images: [{ ...LIST.images[0], name: 'localhost/web:2' }] });
    const policy = { windows: [], progressDeadlineMs: 3_600_000, minReadyMs: 3_600_000 };
    const command$ = new Subject<SourceCommand>();
    const command = (word: SourceCommand['command']) =>
      new Promise<void>((resolve) => command$.next({ command: word, done: () => resolve() }));
    const source = definition({
      url: BUNDLE_URL,
      keys: [first.keys.publicKey, second.keys.publicKey],
      intervalMs: 3_600_000,
      rollout: policy,
    });
    const watched = watch(source, { command$, health$: NEVER });
    await writeOffer(state, first.offer);
    await watched.until('revision 1', () => watched.running()['web-n'] === 'pulled-web:1');
    await command('hold');
    await writeOffer(state, second.offer);
    await watched.until('revision 2', () => watched.last()?.rollout?.revision === 2);
    expect(watched.last()).toMatchObject({ revision: 1, images: ['localhost/web:1', 'localhost/web:2'] });
    expect(await readKeptImages(root)).toEqual(['localhost/web:1', 'localhost/web:2']);
    await command('resume');
    await watched.until('the trial', () => watched.last()?.onTrial === true && watched.running()['web-n'] === 'web:2');
    expect(watched.last()).toMatchObject({ images: ['localhost/web:1', 'localhost/web:2', 'pulled-web:1'] });
    expect(await readKeptImages(root)).toEqual(watched.last()?.images);
  });

  it('that came while nobody ran is taken at the start, without a network', async () => {
    const { keys, offer } = await signed('web:1', 1);
    await writeOffer(state, offer);
    const watched = watch(definition({ url: 'http://127.0.0.1:9/site.yaml', keys: [keys.publicKey], intervalMs: 3_600_000 }));
    await watched.until('revision 1', () => watched.running()['web-n'] === 'web:1');
    expect(watched.statuses.map(({ reason }) => reason)).not.toContain('Unreachable');
  });

  it('counts among the revisions of the server: an older one from there is refused', async () => {
    const server = await webServer();
    stops.push(server.close);
    const keys = minisignKeys(root);
    const old = revision(1) + pod('web', 'web:1');
    server.files.set('/site.yaml', old).set('/site.yaml.minisig', keys.sign(old));
    const watched = watch(definition({ url: `${server.url}/site.yaml`, keys: [keys.publicKey], intervalMs: 50 }));
    await watched.until('revision 1', () => watched.running()['web-n'] === 'web:1');
    const content = await archive(revision(2) + pod('web', 'web:2'));
    await writeOffer(state, { content, signature: { type: 'minisign', text: keys.sign(content) } });
    await watched.until('revision 2', () => watched.running()['web-n'] === 'web:2');
    await watched.until('the refusal', () => watched.last()?.reason === 'RevisionTooOld');
    expect(watched.running()).toEqual({ 'web-n': 'web:2' });
  });

  it.each<
    [
      string,
      SourceReason,
      (
        good: Awaited<ReturnType<typeof signed>>,
      ) => Promise<{ content: Uint8Array; signature?: { type: 'ssh' | 'minisign'; text: string } }>,
    ]
  >([
    ['without a signature', 'SignatureMissing', async ({ offer: { content } }) => ({ content })],
    [
      'with a byte changed',
      'SignatureInvalid',
      async ({ offer }) => ({ ...offer, content: Buffer.from(offer.content).fill(0x41, 700, 701) }),
    ],
    ['by another key', 'KeyUnknown', async () => (await signed('evil:1', 9)).offer],
    ['that is cut off', 'SignatureInvalid', async ({ offer }) => ({ ...offer, content: offer.content.subarray(0, 1_000) })],
    [
      'of an older revision',
      'RevisionTooOld',
      async ({ keys }) => {
        const content = await archive(revision(0) + pod('web', 'web:0'));
        return { content, signature: { type: 'ssh', text: keys.sign(content) } };
      },
    ],
    [
      'whose list of images makes no sense',
      'ArchiveInvalid',
      async ({ keys }) => {
        const content = await archive(revision(5) + pod('web', 'web:5'), { ...LIST, blobs: [] });
        return { content, signature: { type: 'ssh', text: keys.sign(content) } };
      },
    ],
    [
      'with a manifest that is wrong',
      'ManifestInvalid',
      async ({ keys }) => {
        const content = await archive(revision(5) + pod('web', 'web:5').replace('name: app', 'nam: app'));
        return { content, signature: { type: 'ssh', text: keys.sign(content) } };
      },
    ],
  ])('%s is refused once, and what runs, runs on', async (_what, reason, make) => {
    const good = await signed('web:1', 1);
    const watched = watch(definition({ url: BUNDLE_URL, keys: [good.keys.publicKey], intervalMs: 3_600_000 }));
    await writeOffer(state, good.offer);
    await watched.until('revision 1', () => watched.running()['web-n'] === 'web:1');
    await writeOffer(state, await make(good));
    await watched.until(reason, () => watched.last()?.reason === reason);
    expect(watched.last()).toMatchObject({ state: 'Stale', revision: 1 });
    expect(watched.running()).toEqual({ 'web-n': 'web:1' });
    expect(await isDecided()).toBe(true);
  });

  it('that can not be kept on a full disk changes nothing, and is taken when there is room', async () => {
    const { keys, offer } = await signed('web:1', 1);
    let isFull = true;
    let tries = 0;
    const files: FileLayer = {
      ...nodeFiles,
      writeSynced: (path, data, mode) => {
        if (!isFull || !path.includes('last-good')) return nodeFiles.writeSynced(path, data, mode);
        tries += 1;
        return Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
      },
    };
    const watched = watch(definition({ url: BUNDLE_URL, keys: [keys.publicKey], intervalMs: 30 }), { files });
    await writeOffer(state, offer);
    await watched.until('the refusal', () => watched.last()?.reason === 'NotKept');
    expect([watched.running(), await isDecided()]).toEqual([{}, false]);
    expect(tries).toBeLessThan(20);
    isFull = false;
    await watched.until('revision 1', () => watched.running()['web-n'] === 'web:1');
    expect(await isDecided()).toBe(true);
  });

  it('of random bytes on the disk is set aside', async () => {
    await writeFile(join(state, 'offered.json'), '{"version":1,');
    const { keys, offer } = await signed('web:1', 1);
    const watched = watch(definition({ url: BUNDLE_URL, keys: [keys.publicKey], intervalMs: 30 }));
    await watched.until('that nothing came', () => watched.last()?.reason === 'NotFound');
    await writeOffer(state, offer);
    await watched.until('revision 1', () => watched.running()['web-n'] === 'web:1');
  });

  it('can be judged before it is offered, and nothing is written', async () => {
    const { keys, offer } = await signed('web:3', 3);
    const source = definition({ url: BUNDLE_URL, keys: [keys.publicKey] });
    const options = { source, directory: state, wallNow: Date.now };
    expect(await inspectOffer(offer, options)).toMatchObject({ ok: true, revision: 3, imageList: { images: LIST.images } });
    expect(await readdir(state)).toEqual([]);
    const other = await signed('evil:1', 9);
    expect(await inspectOffer(other.offer, options)).toMatchObject({ ok: false, reason: 'KeyUnknown' });
    const watched = watch({ ...source, intervalMs: 3_600_000 });
    await writeOffer(state, offer);
    await watched.until('revision 3', () => watched.running()['web-n'] === 'web:3');
    const content = await archive(revision(2) + pod('web', 'web:2'));
    expect(await inspectOffer({ content, signature: { type: 'ssh', text: keys.sign(content) } }, options)).toMatchObject({
      reason: 'RevisionTooOld',
    });
  });
});
