import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileLayer, nodeFiles } from '@solo-kubelet/state-files';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SourceDefinition } from '../src/index.js';
import { definition, follow, lacking, minisignKeys, pod, revision, type WebServer, webServer } from './bed.js';
import { tufRepository } from './tuf-bed.js';

const REVISIONS = [1, 2, 3, 4];
const POINTS = 50;

let root: string;
let server: WebServer;
let source: ReturnType<typeof definition>;
const published: { readonly content: string; readonly signature: string }[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'power-'));
  server = await webServer();
  if (lacking !== undefined) return;
  const keys = minisignKeys(root);
  for (const number of REVISIONS) {
    const content = revision(number) + pod('web', `web:${number}`);
    published.push({ content, signature: keys.sign(content) });
  }
  source = definition({ url: `${server.url}/site.yaml`, keys: [keys.publicKey], intervalMs: 5 });
});
afterAll(async () => {
  server.close();
  await rm(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
});

/** A disk whose power fails at an operation: a write that is under way leaves `torn` of its bytes, and nothing works after it. */
const failingDisk = (at: number, torn: number) => {
  let count = 0;
  let isDead = false;
  const step = async <T>(run: () => Promise<T>, half: () => Promise<unknown> = async () => undefined): Promise<T> => {
    if (!isDead && count++ !== at) return run();
    if (!isDead) await half();
    isDead = true;
    throw Object.assign(new Error('the power failed'), { code: 'EIO' });
  };
  const files: FileLayer = {
    makeDirectory: (path, mode) => step(() => nodeFiles.makeDirectory(path, mode)),
    writeSynced: (path, data, mode) =>
      step(
        () => nodeFiles.writeSynced(path, data, mode),
        () => writeFile(path, Buffer.from(data).subarray(0, Math.floor(torn * Buffer.from(data).length))).catch(() => undefined),
      ),
    rename: (from, to) => step(() => nodeFiles.rename(from, to)),
    syncDirectory: (path) => step(() => nodeFiles.syncDirectory(path)),
    remove: (path) => step(() => nodeFiles.remove(path)),
    read: (path, maxBytes) => step(() => nodeFiles.read(path, maxBytes)),
  };
  return { files, isDead: () => isDead };
};

const putSigned = (number: number): void => {
  const { content, signature } = published[number - 1] ?? { content: '', signature: '' };
  server.files.set('/site.yaml', content);
  server.files.set('/site.yaml.minisig', signature);
};

interface Cuts {
  readonly source: SourceDefinition;
  readonly put: (number: number) => void;
  /** Operations on files among which the power fails. */
  readonly most: number;
}

const cutEverywhere = async (name: string, { source, put, most }: Cuts): Promise<void> => {
  const cuts = fc.sample(fc.record({ at: fc.integer({ min: 0, max: most }), torn: fc.double({ min: 0, max: 1, noNaN: true }) }), POINTS);
  for (const [index, { at, torn }] of cuts.entries()) {
    const directory = join(root, `${name}-${index}`);
    const disk = failingDisk(at, torn);
    put(1);
    const before = follow(source, { directory, files: disk.files });
    let told = 0;
    for (const number of REVISIONS) {
      put(number);
      await before.until(`revision ${number}, or the end`, () => disk.isDead() || before.running()['web-n'] === `web:${number}`);
      if (before.running()['web-n'] === `web:${number}`) told = number;
      if (disk.isDead()) break;
    }
    before.stop();

    server.files.clear();
    const rebooted = follow(source, { directory });
    await rebooted.until('a check without the network', () => rebooted.last()?.reason === 'NotFound');
    await rebooted.until('the Pod', () => told === 0 || rebooted.running()['web-n'] !== undefined);
    const after = Number(rebooted.running()['web-n']?.slice('web:'.length) ?? 0);
    expect([told, told + 1], `power failed at ${at}, ${torn} of a write was done`).toContain(after);
    expect(rebooted.statuses.map(({ reason }) => reason)).not.toContain('LastGoodUnusable');
    if (after > 1) {
      put(after - 1);
      await rebooted.until('the refusal', () => rebooted.last()?.reason === 'RevisionTooOld');
      expect(rebooted.running()).toEqual({ 'web-n': `web:${after}` });
    }
    rebooted.stop();
  }
};

it.skipIf(lacking !== undefined)(
  `wherever the power fails, the box comes up without a network with the last revision it told of or the one after, and takes none before it${lacking === undefined ? '' : ` (needs ${lacking})`}`,
  async () => {
    await cutEverywhere('box', { source, put: putSigned, most: 40 });
  },
);

it('and so it does where a TUF repository vouches', async () => {
  const rootFile = join(root, 'root.json');
  const repository = tufRepository(server);
  await writeFile(rootFile, repository.firstRoot);
  const put = (number: number): void => repository.publish({ version: number, content: pod('web', `web:${number}`) });
  const { url } = repository;
  await cutEverywhere('tuf', { source: definition({ url, tuf: repository.tuf(rootFile), intervalMs: 5 }), put, most: 60 });
}, 120_000);
