import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeBlobFiles } from '../src/images/blob-files.js';
import type { ImageRoom, RuntimeImages, SourceDefinition } from '../src/index.js';
import { type Answer, definition, follow, pod, revision, useSite, webServer } from './bed.js';
import { blobPath, digestOf, fakeRuntime, imagesField, layerOf, ranged, serve, type TestImage, testImage } from './image-bed.js';

const site = useSite();
const FILE = '/site.yaml';
const NAME = 'registry.invalid/web:2';

const publish = (number: number, images = ''): void =>
  void site.server.files.set(FILE, revision(number, images) + pod('web', `web:${number}`));

const box = (source: Partial<SourceDefinition> = {}, options: Partial<Parameters<typeof follow>[1]> = {}) => {
  const fake = fakeRuntime();
  const watched = follow(definition({ url: site.server.url + FILE, require: 'none', intervalMs: 30, ...source }), {
    directory: join(site.root, 'state'),
    runtimeImages: fake.runtime,
    ...options,
  });
  site.stops.push(watched.stop);
  const runs = (number: number) => watched.until(`web:${number}`, () => watched.running()['web-n'] === `web:${number}`);
  return { ...watched, ...fake, runs };
};

/** Revision 1 runs, and revision 2 needs an image of this layer. */
const attacked = async (layer: Buffer, source: Partial<SourceDefinition> = {}, options: Partial<Parameters<typeof follow>[1]> = {}) => {
  const image = testImage(NAME, [layer]);
  serve(site.server, image);
  publish(1);
  const one = box(source, options);
  await one.runs(1);
  const path = blobPath(image.layers[0] ?? '');
  return {
    ...one,
    image,
    path,
    begin: () => publish(2, imagesField(image)),
    /** The reason is told, more than one try comes to it, and nothing has changed. */
    refused: async (reason: string, message: RegExp): Promise<void> => {
      await one.until(`${reason} ${message}`, () => {
        const { imageFetch } = one.last() ?? {};
        return imageFetch?.reason === reason && message.test(imageFetch.message ?? '');
      });
      const tries = one.statuses.length;
      await one.until('some more', () => one.statuses.length > tries + 3);
      expect(one.last()).toMatchObject({ state: 'Ready', revision: 1, rollout: { reason: 'ImagesPending', revision: 2 } });
      expect(one.running()).toEqual({ 'web-n': 'web:1' });
      expect(one.loads).toEqual([]);
    },
    /** The server is as it should be again. */
    mended: async (): Promise<void> => {
      serve(site.server, image);
      await one.runs(2);
      expect(one.content.get(image.layers[0] ?? '')?.equals(layer)).toBe(true);
    },
  };
};

const whole =
  (content: Buffer): Answer =>
  (_request, response) =>
    void response.writeHead(200).end(content);

describe('an attack on the images of a source', () => {
  it('an altered byte of a layer never gets into the runtime, and is fetched again', async () => {
    const layer = layerOf(100_000);
    const one = await attacked(layer);
    const altered = Buffer.from(layer);
    altered[50_000]! ^= 1;
    site.server.files.set(one.path, ranged(altered));
    one.begin();
    await one.refused('HashMismatch', /what came is not sha256:/);
    await one.mended();
  });

  it.each(['config', 'manifest', 'index'])('an altered %s', async (kind) => {
    const one = await attacked(layerOf(10));
    const [digest, content] = [...one.image.blobs].find(
      ([of, text]) =>
        !one.image.layers.includes(of) &&
        { config: /diff_ids/, manifest: /layers"/, index: /manifests/ }[kind]?.test(text.toString()) === true &&
        !(kind === 'manifest' && /rootfs/.test(text.toString())),
    )!;
    site.server.files.set(blobPath(digest), ranged(Buffer.from(content.toString().replace('linux', 'Linux').replace('oci', 'OCI'))));
    one.begin();
    await one.refused('HashMismatch', new RegExp(`what came is not ${digest}`));
    await one.mended();
  });

  it('a layer with another size than announced', async () => {
    const layer = layerOf(100_000);
    const one = await attacked(layer);
    site.server.files.set(one.path, whole(layer.subarray(0, 99_999)));
    one.begin();
    await one.refused('HashMismatch', /has 99999 bytes, and 100000 were announced/);
    site.server.files.set(one.path, ranged(Buffer.concat([layer, layer])));
    await one.refused('HashMismatch', /has 200000 bytes, and 100000 were announced/);
    await one.mended();
  });

  it('a body without an end is left where its file should end', async () => {
    const one = await attacked(layerOf(100_000));
    let given = 0;
    let closed = 0;
    const endless: Answer = (_request, response) => {
      response.writeHead(200);
      const more = (): void => {
        if (response.destroyed) return;
        given += 65_536;
        if (response.write(Buffer.alloc(65_536))) setImmediate(more);
        else response.once('drain', more);
      };
      response.on('close', () => {
        closed += 1;
      });
      more();
    };
    site.server.files.set(one.path, endless);
    one.begin();
    await one.refused('HashMismatch', /what came is not sha256:/);
    expect(closed).toBeGreaterThan(0);
    // What lies in the buffers of the line, for each try.
    expect(given).toBeLessThan((closed + 1) * 16 * 2 ** 20);
    await one.mended();
  });

  it('a document without an end', async () => {
    const one = await attacked(layerOf(10));
    site.server.files.set(blobPath(one.image.digest), whole(Buffer.alloc((4 << 20) + 100)));
    one.begin();
    await one.refused('TooLarge', /more than 4194304 bytes/);
    await one.mended();
  });

  it('a server that knows no ranges gives the whole, of which the known part is passed over', async () => {
    const layer = layerOf(100_000);
    const one = await attacked(layer);
    let tries = 0;
    const breaking: Answer = (_request, response) => {
      tries += 1;
      response.writeHead(200, { 'content-length': layer.length });
      if (tries > 2) return void response.end(layer);
      response.write(layer.subarray(0, 40_000 * tries), () => response.destroy());
    };
    site.server.files.set(one.path, breaking);
    one.begin();
    await one.runs(2);
    expect(tries).toBe(3);
    expect(one.content.get(one.image.layers[0] ?? '')?.equals(layer)).toBe(true);
  });

  it('a line that breaks again and again, and goes on where it was', async () => {
    const layer = layerOf(100_000);
    const one = await attacked(layer);
    const asked: (string | undefined)[] = [];
    site.server.files.set(one.path, (request, response) => {
      asked.push(request.headers.range);
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(
        from === 0 ? 200 : 206,
        from === 0 ? {} : { 'content-range': `bytes ${from}-${layer.length - 1}/${layer.length}` },
      );
      response.write(layer.subarray(from, from + 30_000), () => (from + 30_000 < layer.length ? response.destroy() : response.end()));
    });
    one.begin();
    await one.runs(2);
    expect(asked).toEqual([undefined, 'bytes=30000-99999', 'bytes=60000-99999', 'bytes=90000-99999']);
  });

  it.each([
    ['another range', 'bytes 0-9/100000', /answered with bytes 0-9, and 40000-99999 were asked for/, 'HttpError'],
    ['no range that can be read', 'bytes forty', /without saying which bytes/, 'HttpError'],
    ['a range of a file of another size', 'bytes 40000-99999/100001', /has 100001 bytes, and 100000 were announced/, 'HashMismatch'],
  ])('a server that answers %s', async (_what, contentRange, message, reason) => {
    const layer = layerOf(100_000);
    const one = await attacked(layer);
    site.server.files.set(one.path, (request, response) => {
      if (request.headers.range === undefined) {
        response.writeHead(200);
        return void response.write(layer.subarray(0, 40_000), () => response.destroy());
      }
      response.writeHead(206, { 'content-range': contentRange }).end(layer.subarray(0, 10));
    });
    one.begin();
    await one.refused(reason, message);
    await one.mended();
  });

  it('a server that says that there are no such bytes (416): what is here is dropped', async () => {
    const layer = layerOf(100_000);
    const one = await attacked(layer);
    site.server.files.set(one.path, (request, response) => {
      if (request.headers.range !== undefined) return void response.writeHead(416, { 'content-range': 'bytes */7' }).end();
      response.writeHead(200);
      response.write(layer.subarray(0, 40_000), () => response.destroy());
    });
    one.begin();
    await one.refused('HashMismatch', /416/);
    await one.mended();
  });

  it('what lies on the disk, but is something else, is dropped', async () => {
    const layer = layerOf(100_000);
    const one = await attacked(layer, {}, {});
    const [digest = ''] = one.image.layers;
    const file = join(site.root, 'state/images', digest.replace(':', '-'));
    await nodeBlobFiles.makeDirectory(join(site.root, 'state/images'), 0o700);
    // Once as a part that came from elsewhere, once as a whole that the disk has changed since.
    writeFileSync(`${file}.partial`, layerOf(50_000));
    one.begin();
    await one.runs(2);
    expect(one.content.get(digest)?.equals(layer)).toBe(true);
  });

  it('a whole one that the disk has changed since is not taken in', async () => {
    const layer = layerOf(100_000);
    const one = await attacked(layer);
    const [digest = ''] = one.image.layers;
    await nodeBlobFiles.makeDirectory(join(site.root, 'state/images'), 0o700);
    writeFileSync(join(site.root, 'state/images', digest.replace(':', '-')), layerOf(100_000));
    one.begin();
    await one.runs(2);
    expect(one.content.get(digest)?.equals(layer)).toBe(true);
  });

  it.each([
    ['index', /manifests/],
    ['manifest', /"layers":\[/],
    ['configuration', /diff_ids/],
  ])('the %s of one that the disk has changed since is fetched again', async (_kind, words) => {
    const one = await attacked(layerOf(10));
    const [digest = ''] = [...one.image.blobs].find(([of, text]) => !one.image.layers.includes(of) && words.test(text.toString())) ?? [];
    await nodeBlobFiles.makeDirectory(join(site.root, 'state/images'), 0o700);
    writeFileSync(join(site.root, 'state/images', digest.replace(':', '-')), '{"os":"linux","architecture":"riscv64"}');
    one.begin();
    await one.runs(2);
  });

  it('a document that has grown on the disk is fetched again', async () => {
    const one = await attacked(layerOf(10));
    await nodeBlobFiles.makeDirectory(join(site.root, 'state/images'), 0o700);
    writeFileSync(join(site.root, 'state/images', one.image.digest.replace(':', '-')), Buffer.alloc((4 << 20) + 1));
    one.begin();
    await one.runs(2);
  });

  it('an archive that the disk has changed since is not taken in, and is fetched again', async () => {
    const archive = layerOf(100_000);
    const digest = digestOf(archive);
    site.server.files.set('/a.tar', ranged(archive));
    publish(1);
    const one = box();
    await one.runs(1);
    await nodeBlobFiles.makeDirectory(join(site.root, 'state/images'), 0o700);
    writeFileSync(join(site.root, 'state/images', digest.replace(':', '-')), layerOf(100_000));
    publish(2, `  images:\n  - { name: web, digest: "${digest}", archive: { url: a.tar, digest: "${digest}", size: 100000 } }\n`);
    await one.runs(2);
    expect(one.archives).toHaveLength(1);
    expect(one.archives[0]?.equals(archive)).toBe(true);
  });

  it('a redirect to another server, with credentials, is not followed; without any, no header of the box goes along', async () => {
    const other = await webServer();
    site.stops.push(other.close);
    const layer = layerOf(1_000);
    const headersFile = join(site.root, 'headers');
    writeFileSync(headersFile, 'Authorization: Bearer of-the-box\n');
    const one = await attacked(layer, { headersFile });
    site.server.files.set(one.path, (_request, response) => void response.writeHead(302, { location: `${other.url}/layer` }).end());
    other.files.set('/layer', ranged(layer));
    one.begin();
    await one.refused('RedirectRefused', /another server than the one that its credentials are for/);
    expect(other.requests).toEqual([]);
    expect(site.server.requests.filter(({ headers }) => headers.authorization === 'Bearer of-the-box').length).toBeGreaterThan(3);
    one.stop();

    const open = box({}, { directory: join(site.root, 'other-state') });
    await open.runs(2);
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('a redirect to a file', async () => {
    const one = await attacked(layerOf(10));
    site.server.files.set(one.path, (_request, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end());
    one.begin();
    await one.refused('RedirectRefused', /not an http or https URL/);
    await one.mended();
  });

  it.each([
    'layout: ../images',
    'layout: /images',
    'layout: https://evil.example/images',
    'layout: //evil.example/images',
    'layout: images/../../x',
    'layout: "images%2f..%2f"',
    'layout: "images\\\\x"',
    'layout: ""',
    'layout: 7',
    'archive: { url: ../a.tar, digest: DIGEST, size: 1 }',
    'archive: { url: ., digest: DIGEST, size: 1 }',
    'archive: { url: a.tar, digest: DIGEST, size: -1 }',
    'archive: { url: a.tar, digest: DIGEST, size: 1e300 }',
    'archive: { url: a.tar, digest: md5:1, size: 1 }',
    'archive: { url: a.tar, digest: DIGEST, size: 1, more: 1 }',
    'archive: { url: a.tar, digest: DIGEST, size: 1 }, layout: images',
    'layout: images, digset: x',
  ])('a place outside of the source, or that is none: %s', async (place) => {
    const digest = digestOf(Buffer.from('x'));
    publish(1);
    const one = box();
    await one.runs(1);
    publish(2, `  images:\n  - { name: web, digest: "${digest}", ${place.replace('DIGEST', `"${digest}"`)} }\n`);
    await one.until('the refusal', () => one.last()?.reason === 'ManifestInvalid');
    expect(one.last()?.message).toMatch(/SourceRevision: spec\.images\[0\]/);
    expect(one.running()).toEqual({ 'web-n': 'web:1' });
    expect(new Set(site.server.requests.map(({ url }) => url))).toEqual(new Set([FILE]));
  });

  it('more images than there may be, the same one twice, and a digest that is not that of its name', async () => {
    const digest = digestOf(Buffer.from('x'));
    const list = (names: readonly string[]): string =>
      `  images: [${names.map((name) => `{name: "${name}",digest: "${digest}",layout: i}`).join(',')}]\n`;
    publish(1);
    const one = box();
    await one.runs(1);
    for (const [names, message] of [
      [Array.from({ length: 257 }, (_, at) => `web:${at}`), /at most 256/],
      [['web:1', 'docker.io/library/web:1'], /spec\.images\[1\]\.name: docker\.io\/library\/web:1 is listed twice/],
      [[`web@sha256:${'0'.repeat(64)}`], /it has the digest/],
      [['WEB/..'], /want the name of an image/],
    ] as const) {
      publish(2, list(names));
      await one.until(`${message}`, () => one.last()?.reason === 'ManifestInvalid' && message.test(one.last()?.message ?? ''));
    }
    expect(one.running()).toEqual({ 'web-n': 'web:1' });
  });

  it('indexes that lead to themselves are no image, and an image for other machines is told', async () => {
    const type = 'application/vnd.oci.image.index.v1+json';
    let [digest, size] = [digestOf(Buffer.from('the end')), 7];
    for (let depth = 0; depth < 8; depth += 1) {
      const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [{ mediaType: type, digest, size }] }));
      [digest, size] = [digestOf(index), index.length];
      site.server.files.set(blobPath(digest), ranged(index));
    }
    const one = await attacked(layerOf(10));
    publish(2, imagesField({ ...one.image, digest }));
    await one.refused('ImageInvalid', /further ones without an end/);
    const foreign: TestImage = testImage(NAME, [layerOf(10)], 'linux/riscv64');
    serve(site.server, foreign);
    publish(3, imagesField(foreign));
    await one.until('the reason', () =>
      /it is for linux\/s390x, linux\/riscv64; this machine is linux\/amd64/.test(one.last()?.imageFetch?.message ?? ''),
    );
  });

  it('more bytes than the source may have', async () => {
    const one = await attacked(layerOf(100_000), { maxImageBytes: 100_000 });
    one.begin();
    await one.refused('TooLarge', /spec\.maxImageBytes of the source is 100000/);
    expect(site.server.requests.map(({ url }) => url)).not.toContain(one.path);
  });

  it('a disk with no room for it, told before anything is fetched', async () => {
    let available = 40_000;
    const blobFiles = { ...nodeBlobFiles, space: async () => ({ available, capacity: 100_000 }) };
    const one = await attacked(layerOf(100_000), {}, { blobFiles });
    one.begin();
    await one.refused('DiskFull', /need 97\.7 KiB more below the root directory, where 29\.3 KiB can be had \(9\.8 KiB stay free\)$/);
    expect(site.server.requests.map(({ url }) => url)).not.toContain(one.path);
    available = 200_000;
    await one.runs(2);
  });

  it('a disk that is full in the middle', async () => {
    let room = 30_000;
    const blobFiles = {
      ...nodeBlobFiles,
      append: async (path: string) => {
        const file = await nodeBlobFiles.append(path);
        return {
          ...file,
          write: async (bytes: Uint8Array) => {
            room -= bytes.length;
            if (room < 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
            await file.write(bytes);
          },
        };
      },
    };
    const one = await attacked(layerOf(100_000), {}, { blobFiles });
    one.begin();
    await one.refused('DiskFull', /could not be kept on disk: ENOSPC/);
    room = Number.POSITIVE_INFINITY;
    await one.runs(2);
  });

  it('a disk that has no room for unpacking is given some, and what is left of it refuses nothing that may fit', async () => {
    // Images lie elsewhere: 250 kB are free but for a tenth, the image takes 200 kB there, and unneeded images have as much.
    const [capacity, asked] = [1_000_000, [] as number[]];
    let [available, unneeded] = [250_000, 0];
    const imageRoom: ImageRoom = {
      read: async () => ({ available, capacity, isShared: false }),
      reserved: () => 200_000,
      makeRoom: async (bytes) => {
        asked.push(bytes);
        available += unneeded;
        unneeded = 0;
      },
    };
    const one = await attacked(layerOf(100_000), {}, { imageRoom });
    one.begin();
    await one.refused(
      'DiskFull',
      /need 19\d\.\d KiB more on the disk of the runtime, where 48\.8 KiB can be had \(195\.3 KiB stay free\); no image is left/,
    );
    expect(site.server.requests.map(({ url }) => url)).not.toContain(one.path);
    expect(asked[0]).toBeGreaterThan(150_000);
    unneeded = 160_000;
    await one.runs(2);
  });

  it('one disk for everything has to take what is fetched, what the runtime keeps, and what it unpacks', async () => {
    let available = 350_000;
    const imageRoom: ImageRoom = {
      read: async () => ({ available, capacity: 1_000_000, isShared: true }),
      reserved: (disk) => (disk === 'nodefs' ? 100_000 : 0),
      makeRoom: async () => {},
    };
    const blobFiles = { ...nodeBlobFiles, space: async () => ({ available, capacity: 1_000_000 }) };
    const one = await attacked(layerOf(100_000), {}, { imageRoom, blobFiles });
    one.begin();
    await one.refused(
      'DiskFull',
      /need 29\d\.\d KiB more on the disk of the root directory and of the runtime, where 244\.1 KiB can be had/,
    );
    available = 410_000;
    await one.runs(2);
  });

  it('an import that finds the disk full is tried again once room was made', async () => {
    const asked: number[] = [];
    const imageRoom: ImageRoom = {
      read: async () => ({ available: 1e9, capacity: 1e9, isShared: false }),
      reserved: () => 0,
      makeRoom: async (bytes) => void asked.push(bytes),
    };
    const fake = fakeRuntime();
    let [isFull, tries] = [true, 0];
    const runtimeImages: RuntimeImages = {
      ...fake.runtime,
      load: async (...args) => {
        tries += 1;
        if (isFull) throw new Error('ctr: failed to extract layer sha256:6: write /var/x: no space left on device: unknown');
        await fake.runtime.load(...args);
      },
    };
    const one = await attacked(layerOf(100_000), {}, { imageRoom, runtimeImages });
    one.begin();
    await one.refused('DiskFull', /registry\.invalid\/web:2: ctr: .*no space left on device/);
    expect(asked.every((bytes) => bytes > 200_000)).toBe(true);
    expect(tries).toBeGreaterThanOrEqual(2 * asked.length - 1);
    isFull = false;
    await one.runs(2);
  });

  it('a runtime that takes nothing', async () => {
    const one = await attacked(layerOf(10));
    one.state.failure = new Error('failed to write to the content store: input/output error');
    one.begin();
    await one.refused('NotImported', /registry.invalid\/web:2: failed to write to the content store/);
    one.state.failure = new Error('failed to write to the content store: no space left on device');
    await one.refused('DiskFull', /registry.invalid\/web:2: failed to write to the content store: no space left/);
    one.state.failure = undefined;
    await one.runs(2);
  });

  it('one image that can not be had keeps no other from coming', async () => {
    const [lost, other] = [testImage(NAME, [layerOf(10)]), testImage('registry.invalid/other:1', [layerOf(20)])];
    serve(site.server, other);
    publish(1);
    const one = box();
    await one.runs(1);
    publish(2, imagesField(lost, other));
    await one.until('the other', () => one.loads.includes(other.name));
    await one.until('the reason', () => /^1 of 2 images are here.*NotFound/.test(one.last()?.rollout?.message ?? ''));
    expect(one.running()).toEqual({ 'web-n': 'web:1' });
  });
});
