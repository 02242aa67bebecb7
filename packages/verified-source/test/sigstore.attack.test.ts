import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { bundleToJSON } from '@sigstore/bundle';
import { DSSEBundleBuilder, MessageSignatureBundleBuilder, type Signer } from '@sigstore/sign';
import { describe, expect, it } from 'vitest';
import type { SourceDefinition, SourceReason } from '../src/index.js';
import { definition, follow, pod, revision, useSite } from './bed.js';

const site = useSite();

const FILE = '/site.yaml';
const good = (number: number): string => revision(number) + pod('web', `web:${number}`);

type Algorithm = 'P-256' | 'P-384' | 'ed25519' | 'ed25519ph';

const makePair = (algorithm: Algorithm) =>
  algorithm === 'P-256' || algorithm === 'P-384' ? generateKeyPairSync('ec', { namedCurve: algorithm }) : generateKeyPairSync('ed25519');

const signBy = (algorithm: Algorithm, key: KeyObject, data: Buffer): Buffer => {
  if (algorithm === 'ed25519') return sign(null, data, key);
  if (algorithm === 'ed25519ph') return Buffer.from(ed25519ph.sign(data, Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url')));
  return sign('sha256', data, key);
};

/** A pair of keys, and bundles as cosign makes them: by the library of Sigstore's signing client. */
const sigstoreKeys = (algorithm: Algorithm = 'P-256', hintOf = (digest: string): string | undefined => digest) => {
  const { publicKey, privateKey } = makePair(algorithm);
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const digest = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
  const hint = hintOf(digest);
  const signer: Signer = {
    sign: async (data) => ({
      signature: signBy(algorithm, privateKey, data),
      key: { $case: 'publicKey', publicKey: pem, ...(hint !== undefined && { hint }) },
    }),
  };
  const options = { signer, witnesses: [] };
  return {
    publicKey: pem,
    id: `SHA256:${digest.slice(0, 43)}`,
    sign: async (content: string): Promise<string> =>
      JSON.stringify(bundleToJSON(await new MessageSignatureBundleBuilder(options).create({ data: Buffer.from(content) }))),
    attest: async (content: string): Promise<string> =>
      JSON.stringify(
        bundleToJSON(await new DSSEBundleBuilder(options).create({ data: Buffer.from(content), type: 'application/vnd.in-toto+json' })),
      ),
  };
};

const publish = (content: string, bundle?: string): void => {
  site.server.files.set(FILE, content);
  if (bundle !== undefined) site.server.files.set(`${FILE}.sigstore.json`, bundle);
};

const watch = (source: Partial<SourceDefinition>) => {
  const watched = follow(definition({ url: site.server.url + FILE, ...source }), { directory: join(site.root, 'state') });
  site.stops.push(watched.stop);
  return watched;
};

const settled = async (keys: ReturnType<typeof sigstoreKeys>, source: Partial<SourceDefinition> = { keys: [keys.publicKey] }) => {
  publish(good(5), await keys.sign(good(5)));
  const watched = watch(source);
  await watched.until('revision 5', () => watched.last()?.state === 'Ready' && watched.running()['web-n'] === 'web:5');
  const kept = await readFile(join(site.root, 'state/last-good.json'), 'utf8');
  const refused = async (reason: SourceReason, message: RegExp): Promise<void> => {
    await watched.until(`${reason} ${message}`, () => watched.last()?.reason === reason && message.test(watched.last()?.message ?? ''));
    expect(watched.last()).toMatchObject({ state: 'Stale', revision: 5 });
    expect(watched.running()).toEqual({ 'web-n': 'web:5' });
    expect(await readFile(join(site.root, 'state/last-good.json'), 'utf8')).toBe(kept);
  };
  return { watched, refused };
};

describe('a bundle of Sigstore with a public key', () => {
  it.each<Algorithm>(['P-256', 'P-384', 'ed25519', 'ed25519ph'])(
    'by %s is taken without asking anybody else, and is verified again without a network',
    async (algorithm) => {
      const keys = sigstoreKeys(algorithm);
      const { watched } = await settled(keys);
      expect(watched.last()).toMatchObject({ revision: 5, verifiedBy: `sigstore ${keys.id}` });
      watched.stop();
      site.server.files.clear();
      const again = watch({ keys: [keys.publicKey] });
      await again.until('the Pod without a network', () => again.last()?.state === 'Stale' && again.running()['web-n'] === 'web:5');
      expect(again.last()).toMatchObject({ reason: 'NotFound', verifiedBy: `sigstore ${keys.id}` });
    },
  );

  it('may name its key as it likes, and may be by any of several keys in a file', async () => {
    const keys = sigstoreKeys('P-256', () => undefined);
    const keyFile = join(site.root, 'cosign.pub');
    await writeFile(keyFile, `# of last year\n${sigstoreKeys().publicKey}\n${keys.publicKey}`);
    const { watched } = await settled(keys, { keyFiles: [keyFile] });
    expect(watched.last()?.verifiedBy).toBe(`sigstore ${keys.id}`);
  });

  it('may tell of a transparency log, which is not asked', async () => {
    const keys = sigstoreKeys();
    const bundle = JSON.parse(await keys.sign(good(5))) as { verificationMaterial: Record<string, unknown> };
    const bytes = Buffer.alloc(32).toString('base64');
    bundle.verificationMaterial['tlogEntries'] = [
      {
        logIndex: '1',
        logId: { keyId: bytes },
        kindVersion: { kind: 'hashedrekord', version: '0.0.1' },
        integratedTime: '1700000000',
        inclusionProof: { logIndex: '1', rootHash: bytes, treeSize: '2', hashes: [bytes], checkpoint: { envelope: 'x' } },
        canonicalizedBody: bytes,
      },
    ];
    publish(good(5), JSON.stringify(bundle));
    const watched = watch({ keys: [keys.publicKey] });
    await watched.until('the Pod', () => watched.running()['web-n'] === 'web:5');
  });

  it('changes nothing where anything of it is wrong', async () => {
    const keys = sigstoreKeys();
    const { refused } = await settled(keys);
    publish(good(6).replace('web:6', 'web:7'), await keys.sign(good(6)));
    await refused('SignatureInvalid', /content and bundle do not belong together \(sigstore SHA256:/);
    publish(good(6), await keys.sign(good(7)));
    await refused('SignatureInvalid', /do not belong together/);
    publish(good(6), await sigstoreKeys().sign(good(6)));
    await refused('KeyUnknown', /signed by a key that its bundle calls ".{44}"; trusted are sigstore SHA256:/);
    publish(good(4), await keys.sign(good(4)));
    await refused('RevisionTooOld', /4 is older than 5/);
    publish(pod('web', 'web:6'), await keys.sign(pod('web', 'web:6')));
    await refused('RevisionMissing', /SourceRevision/);
  });

  it('of another kind changes nothing', async () => {
    const keys = sigstoreKeys();
    const { refused } = await settled(keys);
    publish(good(6), await keys.attest(good(6)));
    await refused('SignatureInvalid', /DSSE.*sign-blob/);
    publish(good(6), JSON.stringify({ base64Signature: 'AAAA', cert: '' }));
    await refused('SignatureInvalid', /old format of cosign: sign with --new-bundle-format/);
    const bundle = JSON.parse(await keys.sign(good(6))) as { verificationMaterial: Record<string, unknown>; mediaType: string };
    const { publicKey: _key, ...material } = bundle.verificationMaterial;
    publish(good(6), JSON.stringify({ ...bundle, verificationMaterial: { ...material, certificate: { rawBytes: 'AAAA' } } }));
    await refused('SignatureInvalid', /signed by a certificate.*sign with --key/);
    publish(good(6), JSON.stringify({ ...bundle, mediaType: 'text/plain' }));
    await refused('SignatureInvalid', /cannot be read: .*invalid bundle/);
    for (const text of ['{', '{}', '{"mediaType":1}', '{"__proto__":{}}', '[]', '{"verificationMaterial":null}', 'null']) {
      publish(good(6), text);
      await refused('SignatureInvalid', /cannot be read|do not belong/);
    }
    publish(good(6), ' '.repeat(100_000));
    await refused('TooLarge', /its signature: .*more than/);
    site.server.files.delete(`${FILE}.sigstore.json`);
    await refused('SignatureMissing', /no signature at .*site\.yaml\.sigstore\.json/);
  });

  it.each([
    ['-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n', /:1 is a secret key/],
    ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', /:1 is no public key of ECDSA/],
    [
      generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      /:1 is no public key of ECDSA/,
    ],
    ['-----BEGIN PUBLIC KEY-----\nAAAA\n', /:1 is no public key of ECDSA/],
  ])('needs a key that can be used: %#', async (text, message) => {
    const keyFile = join(site.root, 'cosign.pub');
    await writeFile(keyFile, text);
    publish(good(5), 'x');
    const watched = watch({ keyFiles: [keyFile] });
    await watched.until('the refusal', () => watched.last()?.reason === 'KeyInvalid');
    expect(watched.last()?.message).toMatch(message);
  });
});
