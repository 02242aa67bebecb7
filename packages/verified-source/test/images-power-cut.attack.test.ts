import { join } from 'node:path';
import { type FileLayer, nodeFiles } from '@solo-kubelet/state-files';
import { expect, it } from 'vitest';
import { type BlobFiles, nodeBlobFiles } from '../src/images/blob-files.js';
import { definition, follow, pod, revision, useSite } from './bed.js';
import { fakeRuntime, imagesField, layerOf, serve, testImage } from './image-bed.js';

const site = useSite();

/** A disk whose power fails at an operation: a write that is under way leaves half of its bytes, or as many others, and nothing works after it. */
const failingDisk = (at: number) => {
  const leaves = at % 2 === 0 ? 'half' : 'garbage';
  let count = 0;
  let isDead = false;
  const step = async <T>(run: () => Promise<T>, half: () => Promise<unknown> = async () => undefined): Promise<T> => {
    if (!isDead && count++ !== at) return run();
    if (!isDead) await half();
    isDead = true;
    throw Object.assign(new Error('the power failed'), { code: 'EIO' });
  };
  const shared = {
    makeDirectory: (path: string, mode: number) => step(() => nodeFiles.makeDirectory(path, mode)),
    rename: (from: string, to: string) => step(() => nodeFiles.rename(from, to)),
    syncDirectory: (path: string) => step(() => nodeFiles.syncDirectory(path)),
    remove: (path: string) => step(() => nodeFiles.remove(path)),
    read: (path: string, maxBytes: number) => step(() => nodeFiles.read(path, maxBytes)),
  };
  const files: FileLayer = { ...shared, writeSynced: (path, data, mode) => step(() => nodeFiles.writeSynced(path, data, mode)) };
  const blobFiles: BlobFiles = {
    ...nodeBlobFiles,
    ...shared,
    append: async (path) => {
      const file = await step(() => nodeBlobFiles.append(path));
      return {
        write: (bytes) =>
          step(
            () => file.write(bytes),
            () => file.write(leaves === 'half' ? bytes.subarray(0, bytes.length / 2) : Buffer.alloc(bytes.length)),
          ),
        empty: () => step(() => file.empty()),
        sync: () => step(() => file.sync()),
        close: () => file.close(),
      };
    },
  };
  return { files, blobFiles, isDead: () => isDead };
};

it('wherever the power fails while images are fetched, the box comes up with what ran, and gets the images whole', async () => {
  const image = testImage('registry.invalid/web:2', [layerOf(300_000), layerOf(2_000)]);
  serve(site.server, image);
  const publish = (number: number, images = ''): void =>
    void site.server.files.set('/site.yaml', revision(number, images) + pod('web', `web:${number}`));
  const source = definition({ url: `${site.server.url}/site.yaml`, require: 'none', intervalMs: 5 });
  let cuts = 0;
  for (let at = 0; ; at += 1) {
    const directory = join(site.root, `box-${at}`);
    publish(1);
    const calm = follow(source, { directory });
    await calm.until('revision 1', () => calm.running()['web-n'] === 'web:1');
    calm.stop();

    publish(2, imagesField(image));
    const disk = failingDisk(at);
    const fake = fakeRuntime();
    const cut = follow(source, { directory, runtimeImages: fake.runtime, files: disk.files, blobFiles: disk.blobFiles });
    await cut.until('the end, or revision 2', () => disk.isDead() || cut.running()['web-n'] === 'web:2');
    const wasRunning = cut.running()['web-n'];
    cut.stop();
    if (wasRunning === 'web:2') expect(fake.names.get(image.name)).toBe(image.digest);

    const rebooted = follow(source, { directory, runtimeImages: fake.runtime });
    await rebooted.until('revision 2', () => rebooted.running()['web-n'] === 'web:2');
    rebooted.stop();
    expect(fake.names.get(image.name), `power failed at ${at}`).toBe(image.digest);
    for (const [digest, content] of image.blobs)
      expect(fake.content.get(digest)?.equals(content), `${digest}, power failed at ${at}`).toBe(true);
    if (!disk.isDead()) break;
    cuts = at + 1;
  }
  // Directories, writes, syncs and renames of five files, and of the record.
  expect(cuts).toBeGreaterThan(25);
}, 120_000);
