import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageArchive } from '@solo-kubelet/standalone-node/images';
import { parseSourceFile, readOffer, type SourceDefinition } from '@solo-kubelet/verified-source';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApplyBundleOptions, applyBundle, bundleAt, herePlatform, verifyBundle } from '../src/bundle/apply-bundle.js';
import { bundleLayout, entryHeader, HEADER_BYTES } from '../src/bundle/bundle-layout.js';
import { type CreateBundleOptions, createBundle } from '../src/bundle/create-bundle.js';
import { openBundle } from '../src/bundle/open-bundle.js';
import { putSignature, signBundle, signLayout } from '../src/bundle/sign-bundle.js';

const FACTOR = Number(process.env['ATTACK_FACTOR'] ?? 1);

const lacking = ['minisign', 'ssh-keygen', 'tar'].filter((program) => spawnSync(program, ['--help']).error !== undefined);
const architecture = herePlatform() === 'linux/arm64' ? 'arm64' : 'amd64';
const { signal } = new AbortController();
const FIRST = 'localhost/web:1';
const SECOND = 'localhost/db:1';

let root: string;
let state: string;
let source: SourceDefinition;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bundle-'));
  state = join(root, 'state');
  await mkdir(state);
  if (lacking.length > 0) return;
  execFileSync('minisign', ['-G', '-W', '-s', join(root, 'site.key'), '-p', join(root, 'site.pub')], { stdio: 'ignore' });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(root, 'ssh')]);
  source = await sourceOf('site.pub', 'ssh.pub');
});
afterEach(() => rm(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 }));

const sourceOf = async (...keyFiles: readonly string[]): Promise<SourceDefinition> => {
  const text = JSON.stringify({
    apiVersion: 'solo-kubelet.dev/v1alpha1',
    kind: 'ManifestSource',
    metadata: { name: 'site' },
    spec: { url: 'bundle:', verification: { keyFiles: keyFiles.map((name) => join(root, name)) } },
  });
  const parsed = parseSourceFile(text, { path: 'site.yaml', maxBytes: 3 << 20 });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.source;
};

const pod = (name: string, image: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec: { containers: [{ name: app, image: "${image}" }] }\n`;

const image = (reference: string, content: string, arch: 'amd64' | 'arm64' = architecture) => ({
  reference,
  architecture: arch,
  config: {},
  layers: [[{ type: 'file', path: 'shared', content: 'both have it' } as const], [{ type: 'file', path: 'own', content } as const]],
});

/** Manifests of two Pods, and an archive of their images. */
const site = async (): Promise<{ readonly manifests: string; readonly archive: string }> => {
  const manifests = join(root, 'manifests');
  await mkdir(join(manifests, 'more'), { recursive: true });
  await writeFile(join(manifests, 'web.yaml'), pod('web', FIRST));
  await writeFile(join(manifests, 'more/db.yaml'), pod('db', SECOND));
  await writeFile(join(manifests, 'README.md'), 'no manifest');
  const archive = join(root, 'images.tar');
  await writeFile(archive, await imageArchive([image(FIRST, 'web'), image(SECOND, 'db')]));
  return { manifests, archive };
};

const create = async (more: Partial<CreateBundleOptions> = {}): Promise<string> => {
  const { manifests, archive } = await site();
  const output = join(root, 'site.tar');
  await createBundle({
    manifests: [manifests],
    output,
    asLayout: false,
    archives: [archive],
    origin: async () => undefined,
    platform: undefined,
    here: herePlatform(),
    revision: 3,
    signal,
    ...more,
  });
  return output;
};

const signed = async (more: Partial<CreateBundleOptions> = {}): Promise<string> => {
  const path = await create(more);
  await signBundle(path, { key: join(root, 'ssh'), purpose: 'solo-kubelet', signal });
  return path;
};

/** A runtime that takes images in by reading all of them, and says what it took. */
const apply = async (path: string, more: Partial<ApplyBundleOptions> = {}) => {
  const taken: string[] = [];
  const result = await applyBundle({
    path,
    source,
    directory: state,
    importImages: async ({ images, blobs }) => {
      for (const one of images) for (const digest of one.blobs) for await (const _part of blobs.stream(digest));
      taken.push(...images.map(({ name }) => name));
      return taken;
    },
    listSources: async () => undefined,
    tell: () => undefined,
    timeoutMs: 1_000,
    wallNow: Date.now,
    signal,
    ...more,
  });
  return { result, taken };
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe.skipIf(lacking.length > 0)(`a bundle${lacking.length === 0 ? '' : ` (needs ${lacking.join(', ')})`}`, () => {
  it('is the same bytes for the same manifests and images, has each blob once, and is an archive that tar reads', async () => {
    const path = await create();
    const first = await readFile(path);
    await rm(path);
    expect(sha256(await readFile(await create()))).toBe(sha256(first));
    const names = execFileSync('tar', ['-tf', path]).toString().trim().split('\n');
    expect(names.slice(0, 4)).toEqual(['manifests.tar', 'manifests.tar.sig', 'oci-layout', 'index.json']);
    // Two manifests, two configurations, a layer of each and the one that both have.
    expect(names.slice(4)).toHaveLength(7);
    expect(new Set(names).size).toBe(names.length);
    expect(execFileSync('tar', ['-xOf', path, 'oci-layout']).toString()).toContain('1.0.0');
    expect((await readdir(root)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it.each([
    ['minisign', 'site.key', /^minisign /],
    ['ssh-keygen', 'ssh', /^ssh-ed25519 SHA256:/],
  ])('is signed where it lies by %s, read to its end, and put before its source with all of its images', async (_program, key, by) => {
    const path = await create();
    await signBundle(path, { key: join(root, key), purpose: 'solo-kubelet', signal });
    const verified = await verifyBundle(path, source, { wallNow: Date.now, signal });
    expect(verified.verifiedBy).toMatch(by);
    expect(verified).toMatchObject({ revision: 3, imageList: { images: [{ name: SECOND }, { name: FIRST }] } });
    const { result, taken } = await apply(path);
    expect([result, taken]).toEqual([{ type: 'waits' }, [SECOND, FIRST]]);
    const offer = await readOffer(state);
    await using opened = await openBundle(path, { signal });
    expect([Buffer.from(offer!.content), offer?.signature]).toEqual([opened.content, opened.signature]);
  });

  it('takes a signature that was made elsewhere, and one of another key in its place', async () => {
    const path = await signed();
    await using before = await openBundle(path, { signal });
    await writeFile(join(root, 'content'), before.content);
    execFileSync('minisign', ['-S', '-s', join(root, 'site.key'), '-m', join(root, 'content')], { stdio: 'ignore' });
    await putSignature(path, before.content.length, join(root, 'content.minisig'));
    expect((await verifyBundle(path, source, { wallNow: Date.now, signal })).verifiedBy).toMatch(/^minisign/);
  });

  it('can be applied from the drive that it is alone on', async () => {
    const path = await signed();
    await mkdir(join(root, 'drive'));
    await expect(bundleAt(join(root, 'drive'))).rejects.toThrow('no bundle');
    await writeFile(join(root, 'drive/site.tar'), await readFile(path));
    expect(await bundleAt(join(root, 'drive'))).toBe(join(root, 'drive/site.tar'));
    await writeFile(join(root, 'drive/other.tar'), '');
    await expect(bundleAt(join(root, 'drive'))).rejects.toThrow('several bundles');
  });

  it.each<[string, () => Promise<Partial<CreateBundleOptions>>, RegExp]>([
    ['an image that nobody has', async () => ({ archives: [] }), /image localhost\/db:1: no archive has it/],
    [
      'an archive of nothing',
      async () => {
        await writeFile(join(root, 'none.tar'), Buffer.alloc(1_024));
        return { archives: [join(root, 'none.tar')] };
      },
      /it is no image archive/,
    ],
    [
      'an archive whose blob is another',
      async () => {
        const bytes = await imageArchive([image(FIRST, 'web'), image(SECOND, 'db')]);
        bytes.write('both had it', bytes.indexOf('both have it'));
        await writeFile(join(root, 'swapped.tar'), bytes);
        return { archives: [join(root, 'swapped.tar')] };
      },
      /its bytes are not those of sha256/,
    ],
    [
      'an archive whose image is no document of one',
      async () => {
        const bytes = await imageArchive([image(FIRST, 'web'), image(SECOND, 'db')]);
        bytes.write('[', bytes.indexOf('{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest'));
        await writeFile(join(root, 'swapped.tar'), bytes);
        return { archives: [join(root, 'swapped.tar')] };
      },
      /swapped\.tar: image localhost\/(db|web):1: sha256:[0-9a-f]{64}: it is no JSON/,
    ],
    [
      'an archive with images of another platform than the one that was asked for',
      async () => ({ platform: architecture === 'amd64' ? 'linux/arm64' : 'linux/amd64' }),
      /images\.tar: image localhost\/(db|web):1: the archive has it for no linux\/(arm64|amd64)/,
    ],
    [
      'a manifest that is wrong',
      async () => {
        await mkdir(join(root, 'bad'));
        await writeFile(join(root, 'bad/a.yaml'), pod('a', FIRST).replace('name: app', 'nam: app'));
        return { manifests: [join(root, 'bad')] };
      },
      /a\.yaml/,
    ],
    ['no manifest', async () => ({ manifests: [join(root, 'state')] }), /there is no manifest/],
    [
      'a revision behind other files',
      async () => {
        await mkdir(join(root, 'late'));
        await writeFile(join(root, 'late/00-a.yaml'), pod('a', FIRST));
        return { manifests: [join(root, 'late')] };
      },
      /must be the first file by name/,
    ],
  ])('of %s is not made, and nothing is left of it', async (_what, more, message) => {
    await expect(more().then(create)).rejects.toThrow(message);
    expect((await readdir(root)).filter((name) => /^\.|site\.tar/.test(name))).toEqual([]);
  });

  it('for one platform has no other, and a machine of another refuses it', async () => {
    const other = architecture === 'amd64' ? 'arm64' : 'amd64';
    await writeFile(join(root, 'other.tar'), await imageArchive([image(FIRST, 'web', other), image(SECOND, 'db', other)]));
    const path = await signed({ archives: [join(root, 'other.tar')] });
    await expect(apply(path)).rejects.toThrow(`the bundle has it for linux/${other}; this machine is ${herePlatform()}`);
    expect(await readdir(state)).toEqual([]);
  });
});

describe.skipIf(lacking.length > 0)('a bundle that is not what was signed', () => {
  /** Refused with this message, and nothing was changed. */
  const refused = async (path: string, message: RegExp, takes: readonly string[] = []): Promise<void> => {
    const taken: string[] = [];
    const importImages: ApplyBundleOptions['importImages'] = async ({ images, blobs }) => {
      for (const one of images) for (const digest of one.blobs) for await (const _part of blobs.stream(digest));
      taken.push('all');
      return [];
    };
    await expect(apply(path, { importImages })).rejects.toThrow(message);
    expect([taken, await readdir(state)]).toEqual([takes, []]);
  };
  const layoutOf = async (path: string) => {
    await using opened = await openBundle(path, { signal });
    const { imageList } = await verifyBundle(path, source, { wallNow: Date.now, signal });
    return { ...bundleLayout(opened.content.length, imageList), list: imageList };
  };
  const patch = async (path: string, at: number, bytes: Uint8Array): Promise<void> => {
    const file = await open(path, 'r+');
    await file.write(bytes, 0, bytes.length, at);
    await file.close();
  };

  it('is refused unsigned, by another key, and for another purpose', async () => {
    const path = await create();
    await refused(path, /SignatureMissing/);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(root, 'evil')]);
    await signBundle(path, { key: join(root, 'evil'), purpose: 'solo-kubelet', signal });
    await refused(path, /KeyUnknown/);
    await signBundle(path, { key: join(root, 'ssh'), purpose: 'git', signal });
    await refused(path, /it was signed for "git"/);
  });

  it('is refused with the signature of another bundle', async () => {
    const path = await signed();
    await using opened = await openBundle(path, { signal });
    await patch(path, HEADER_BYTES + Buffer.from(opened.content).indexOf('localhost/db'), Buffer.from('localhost/xx'));
    await refused(path, /SignatureInvalid: content and signature do not belong together/);
  });

  it('is refused where an image was swapped for another, at every byte of every blob that is looked at', async () => {
    const path = await signed();
    const { blobs } = await layoutOf(path);
    const whole = await readFile(path);
    for (const { at, size } of blobs) {
      for (const byte of [0, Math.floor(size / 2), size - 1]) {
        const offset = at + HEADER_BYTES + byte;
        await patch(path, offset, Buffer.from([whole[offset]! ^ 1]));
        await refused(path, /is something else/);
        await patch(path, offset, whole.subarray(offset, offset + 1));
      }
    }
    // Two blobs of one size in each other's place.
    const same = blobs.filter(({ size }) => blobs.filter((other) => other.size === size).length > 1);
    expect(same.length).toBeGreaterThan(1);
    const [a, b] = [same[0]!, same.find(({ size, at }) => size === same[0]!.size && at !== same[0]!.at)!];
    await patch(path, a.at + HEADER_BYTES, whole.subarray(b.at + HEADER_BYTES, b.at + HEADER_BYTES + b.size));
    await refused(path, /is something else/);
  });

  it('is refused wherever it was cut off', async () => {
    const path = await signed();
    const whole = await readFile(path);
    const { signature, documents, blobs } = await layoutOf(path);
    const edges = [signature, ...documents, ...blobs].flatMap(({ at, size }) => [
      at,
      at + 1,
      at + HEADER_BYTES,
      at + HEADER_BYTES + size - 1,
    ]);
    for (const length of [0, 1, 511, 512, 700, ...edges, whole.length - 1_024, whole.length - 1]) {
      await writeFile(path, whole);
      await truncate(path, length);
      await refused(path, /it ends too early|it is no bundle|its signed list says|SignatureInvalid/);
    }
  });

  it('is refused with anything behind it, between its entries, or in their headers', async () => {
    const path = await signed();
    const whole = await readFile(path);
    const { blobs, documents } = await layoutOf(path);
    const [blob] = blobs;
    const header = (name: string, change: (bytes: Buffer) => void = () => undefined): Buffer => {
      const bytes = entryHeader({ name, size: blob!.size });
      change(bytes);
      return bytes;
    };
    const names = [
      '../../etc/kubernetes/manifests/evil.yaml',
      '/etc/passwd',
      'blobs/sha256/../../x',
      'manifests.tar',
      blobs[1]!.name.slice(0, 99),
    ];
    const headers = [
      ...names.map((name) => header(name)),
      ...['1', '2', '3', '5', '6', 'L', 'x', 'g', 'S'].map((type) => header(blob!.name, (bytes) => bytes.write(type, 156))),
      header(blob!.name, (bytes) => bytes.write('77777777777', 124)),
      header(blob!.name, (bytes) => bytes.fill(0xff, 124, 136)),
      header(blob!.name, (bytes) => bytes.write('etc/shadow', 157)),
      Buffer.alloc(512),
    ];
    for (const bytes of headers) {
      await patch(path, blob!.at, bytes);
      await refused(path, /something else than a bundle has there/);
    }
    await writeFile(path, whole);
    await patch(path, documents[1]!.at + HEADER_BYTES + 40, Buffer.from('evil'));
    await refused(path, /something else than a bundle has there/);
    await writeFile(path, Buffer.concat([whole.subarray(0, blob!.at), header('more'), Buffer.alloc(512), whole.subarray(blob!.at)]));
    await refused(path, /its signed list says/);
    await writeFile(path, Buffer.concat([whole, ...Array.from({ length: 1_000 }, (_, at) => entryHeader({ name: `${at}`, size: 0 }))]));
    await refused(path, /its signed list says/);
  });

  it('is refused with a size that no bundle has, and no memory is taken for it', async () => {
    const path = join(root, 'huge.tar');
    for (const size of [9 << 20, 8 ** 11 - 1]) {
      await writeFile(path, Buffer.concat([entryHeader({ name: 'manifests.tar', size }), Buffer.alloc(4_096)]));
      await refused(path, /its signed part has more than/);
    }
    await writeFile(path, Buffer.concat([entryHeader({ name: 'manifests.tar', size: 8 ** 11 }), Buffer.alloc(4_096)]));
    await refused(path, /it is no bundle/);
    await writeFile(path, 'not even an archive'.repeat(100));
    await refused(path, /it is no bundle/);
    await expect(apply(join(root, 'nowhere.tar'))).rejects.toThrow('there is no such file');
    await expect(apply('/dev/zero')).rejects.toThrow('it is no regular file');
  });

  it('is refused when the drive goes in the middle of it, and applies as a whole when it is back', async () => {
    const path = await signed();
    const { blobs } = await layoutOf(path);
    const whole = await readFile(path);
    const importImages: ApplyBundleOptions['importImages'] = async (wanted) => {
      // What the runtime reads from now on is not there any more.
      await truncate(path, blobs.at(-1)!.at);
      for (const one of wanted.images) for (const digest of one.blobs) for await (const _part of wanted.blobs.stream(digest));
      return [];
    };
    await expect(apply(path, { importImages })).rejects.toThrow('it ends too early');
    expect(await readdir(state)).toEqual([]);
    await writeFile(path, whole);
    expect((await apply(path)).result).toEqual({ type: 'waits' });
  });

  it('is refused as an older one once a newer one was seen, before its images are read', async () => {
    const path = await signed();
    await writeFile(
      join(state, 'last-good.json'),
      JSON.stringify({
        version: 1,
        clockMs: 1,
        validators: {},
        urlDigest: '',
        current: { content: '', appliedAtMs: 1 },
        kept: { revision: 4, digest: 'x' },
      }),
    );
    const before = await readdir(state);
    await expect(apply(path, { importImages: () => Promise.reject(new Error('never')) })).rejects.toThrow('RevisionTooOld');
    expect(await readdir(state)).toEqual(before);
  });

  it('changes nothing when the images find no room, or the offer does not', async () => {
    const path = await signed();
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    await expect(apply(path, { importImages: () => Promise.reject(full) })).rejects.toThrow('no space left');
    expect(await readdir(state)).toEqual([]);
    await expect(apply(path, { directory: '/dev/null/state' })).rejects.toThrow(/ENOTDIR/);
    expect(await readdir(state)).toEqual([]);
  });

  it(
    'of random changes is refused, or is what was signed',
    async () => {
      const path = await signed();
      const whole = await readFile(path);
      let seed = (0x1234567 ^ Number(process.env['ATTACK_SEED'] ?? 0)) | 1;
      const random = (below: number): number => {
        seed ^= seed << 13;
        seed ^= seed >>> 17;
        seed ^= seed << 5;
        return (seed >>> 0) % below;
      };
      await using opened = await openBundle(path, { signal });
      const { content } = opened;
      for (let round = 0; round < 300 * FACTOR; round += 1) {
        const bytes = Buffer.from(whole);
        for (let change = random(3); change >= 0; change -= 1) bytes[random(bytes.length)] = random(256);
        await writeFile(path, random(3) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes);
        const result = await apply(path).catch((error: Error) => error);
        const offer = await readOffer(state);
        if (result instanceof Error) expect(offer).toBeUndefined();
        else expect(sha256(offer!.content)).toBe(sha256(content));
        await rm(join(state, 'offered.json'), { force: true });
      }
    },
    300_000 * FACTOR,
  );
});

describe('a bundle for a web server', () => {
  it('is an OCI layout with the signed part beside it, and a next one leaves the blobs that are there', async () => {
    const output = join(root, 'www/site');
    await mkdir(join(root, 'www'));
    await create({ output, asLayout: true });
    const names = await readdir(output);
    expect(names.sort()).toEqual(['blobs', 'index.json', 'manifests.tar', 'oci-layout']);
    const content = await readFile(join(output, 'manifests.tar'));
    expect(content.toString('latin1')).toContain('"layout": "."');
    const index = JSON.parse(await readFile(join(output, 'index.json'), 'utf8')) as {
      readonly manifests: readonly { readonly digest: string }[];
    };
    expect(index.manifests).toHaveLength(2);
    const blobs = join(output, 'blobs/sha256');
    for (const name of await readdir(blobs)) {
      expect(
        createHash('sha256')
          .update(await readFile(join(blobs, name)))
          .digest('hex'),
      ).toBe(name);
    }
    const before = new Map(
      await Promise.all((await readdir(blobs)).map(async (name) => [name, (await stat(join(blobs, name))).ino] as const)),
    );
    // One that was damaged is written anew, and a signature of what was there before is no signature of this.
    const [damaged = '', ...others] = [...before.keys()];
    await writeFile(join(blobs, damaged), 'x'.repeat((await stat(join(blobs, damaged))).size));
    await writeFile(join(output, 'manifests.tar.minisig'), 'of before');
    await create({ output, asLayout: true, revision: 4 });
    expect(
      createHash('sha256')
        .update(await readFile(join(blobs, damaged)))
        .digest('hex'),
    ).toBe(damaged);
    for (const name of others) expect((await stat(join(blobs, name))).ino).toBe(before.get(name));
    expect(await readdir(output)).not.toContain('manifests.tar.minisig');
    expect((await readFile(join(output, 'manifests.tar'))).equals(content)).toBe(false);
    expect((await readdir(join(root, 'www'))).sort()).toEqual(['site']);
  });

  it.skipIf(lacking.length > 0)('is signed beside its content', async () => {
    const output = join(root, 'site');
    await create({ output, asLayout: true });
    await signLayout(output, { key: join(root, 'site.key'), purpose: 'solo-kubelet', signal });
    execFileSync('minisign', ['-V', '-p', join(root, 'site.pub'), '-m', join(output, 'manifests.tar')]);
    await signLayout(output, { key: join(root, 'ssh'), purpose: 'solo-kubelet', signal });
    expect(await readFile(join(output, 'manifests.tar.sig'), 'utf8')).toContain('SSH SIGNATURE');
  });
});
