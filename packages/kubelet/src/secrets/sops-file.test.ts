import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSopsManifest } from '@solo-kubelet/object-spec';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encryptManifest } from './age-file.js';
import { makeIdentity, readIdentities, recipientsOf } from './age-identity.js';
import { decryptManifests } from './decrypt-manifests.js';
import { plainBytes } from './sops-values.js';

let directory: string;
let path: string;
let recipient: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sops-'));
  path = join(directory, 'age-identity.txt');
  await makeIdentity(path);
  [recipient = ''] = await recipientsOf(await readIdentities(path));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const DATE = '2026-01-31T12:00:00Z';
const prepared = async (text: string): Promise<string> => Buffer.from(await decryptManifests(path)(Buffer.from(text))).toString();

/** A value as SOPS writes it. */
const sealed = (key: Buffer, value: string, place: string, type = 'str'): string => {
  const iv = randomBytes(32);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(place));
  const data = Buffer.concat([cipher.update(value), cipher.final()]).toString('base64');
  return `ENC[AES256_GCM,data:${data},iv:${iv.toString('base64')},tag:${cipher.getAuthTag().toString('base64')},type:${type}]`;
};
const checksum = (values: readonly string[], start: Buffer | string = ''): string =>
  values
    .reduce((hash, value) => hash.update(value), createHash('sha512').update(start))
    .digest('hex')
    .toUpperCase();
const notes = async (key: Buffer, mac: string, { to = [recipient], more = '' } = {}): Promise<string> => {
  const entries = await Promise.all(
    to.map(async (one) => {
      const armored = (await encryptManifest(key, [one])).trim().split('\n');
      return `    - recipient: ${one}\n      enc: |\n${armored.map((line) => `        ${line}\n`).join('')}`;
    }),
  );
  return `sops:\n  age:\n${entries.join('')}  lastmodified: "${DATE}"\n  mac: ${sealed(key, mac, DATE)}\n${more}  version: 3.10.2\n`;
};

const KEY = randomBytes(32);
/** A Secret whose values are encrypted, and a Deployment beside it that is not. */
const file = async (options: { readonly to?: readonly string[]; readonly more?: string } = {}): Promise<string> => {
  const values = ['v1', 'Secret', 'key', 'hunter2', 'two\nlines', 'apps/v1', 'Deployment', 'web', '3', 'True', '420'];
  return `apiVersion: v1
kind: Secret
metadata:
  name: key
stringData:
  # the password
  password: ${sealed(KEY, 'hunter2', 'stringData:password:')}
  text: ${sealed(KEY, 'two\nlines', 'stringData:text:')}
  empty: ""
${await notes(KEY, checksum(values), options as never)}---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 3, paused: true, mode: 0644, none: ~}
`;
};

describe('a manifest that SOPS encrypted', () => {
  it('is decrypted value by value, each on its line, and nothing of SOPS is left', async () => {
    const text = await file();
    expect(isSopsManifest(text)).toBe(true);
    const clear = await prepared(text);
    expect(clear).toContain('  # the password\n  password: "hunter2"\n  text: "two\\nlines"\n  empty: ""\n');
    expect(clear).not.toMatch(/sops|ENC\[|AGE/);
    expect(clear.split('\n').indexOf('kind: Deployment')).toBe(text.split('\n').indexOf('kind: Deployment'));
    expect(isSopsManifest(clear)).toBe(false);
  });

  it('as JSON is JSON again, with numbers and booleans as they were', async () => {
    const value = {
      data: { a: sealed(KEY, 'x', 'data:a:'), n: sealed(KEY, '7', 'data:n:', 'int'), b: sealed(KEY, 'True', 'data:b:', 'bool') },
    };
    const enc = await encryptManifest(KEY, [recipient]);
    const sops = { age: [{ recipient, enc }], lastmodified: DATE, mac: sealed(KEY, checksum(['x', '7', 'True']), DATE), version: '3.10.2' };
    const clear = await prepared(JSON.stringify({ ...value, sops }, undefined, 2));
    expect(JSON.parse(clear)).toEqual({ data: { a: 'x', n: 7, b: true } });
  });

  it('for several recipients is decrypted by any of them, and for somebody else by none', async () => {
    const other = await identityToRecipient(await generateX25519Identity());
    expect(await prepared(await file({ to: [other, recipient] }))).toContain('hunter2');
    await expect(prepared(await file({ to: [other] }))).rejects.toMatchObject({ code: 'SECRET_FOREIGN' });
  });

  it('whose checksum is of encrypted values alone may be edited around them', async () => {
    const mac = checksum(['hunter2'], createHash('sha256').update('sops').digest());
    const text = `kind: Secret\ndata:\n  a: ${sealed(KEY, 'hunter2', 'data:a:')}\n${await notes(KEY, mac, { more: '  mac_only_encrypted: true\n' })}`;
    expect(await prepared(text.replace('kind: Secret', 'kind: Other'))).toContain('a: "hunter2"');
  });

  it.each<[string, (text: string) => string, string]>([
    ['a value in clear was changed', (text) => text.replace('replicas: 3', 'replicas: 4'), 'checksum'],
    ['a value was taken out', (text) => text.replace(/ {2}text: .*\n/, ''), 'checksum'],
    ['a value stands in another place', (text) => text.replace('  password: ENC', '  passport: ENC'), 'another place'],
    [
      'a value was changed',
      (text) => text.replace(/(?<=password: ENC\[AES256_GCM,data:)./, (first) => (first === 'A' ? 'B' : 'A')),
      'changed',
    ],
    ['an encrypted value was put in clear', (text) => text.replace(/password: ENC.*/, 'password: other'), 'checksum'],
    ['the checksum is gone', (text) => text.replace(/ {2}mac: .*\n/, ''), 'no checksum'],
    ['it has an alias', (text) => text.replace('metadata: {name: web}', 'metadata: &a {name: web}'), 'anchors or aliases'],
    [
      'it has more in it than a manifest may have',
      (text) => `${text}\nmore:\n${'- 1\n'.repeat(60_000)}`,
      'more than 60000 keys and values',
    ],
    ['it is nested too deep', (text) => `${text}\nmore: ${'['.repeat(200)}${']'.repeat(200)}\n`, 'nested too deep'],
    ['it is cut off', (text) => text.slice(0, text.indexOf('  lastmodified')), 'no checksum'],
  ])('is refused where %s, without a value in the message', async (_what, spoil, why) => {
    const failure = await prepared(spoil(await file())).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'SECRET_DAMAGED', message: expect.stringContaining(why) });
    expect(String(failure)).not.toMatch(/hunter2|replicas/);
  });

  it('for no age recipient, or for groups of keys, is refused with what to do', async () => {
    const text = await file();
    await expect(prepared(text.replace(/ {2}age:\n(?: {4}.*\n)*/, '  pgp: []\n'))).rejects.toMatchObject({ code: 'SECRET_FOREIGN' });
    const groups = await file({ more: '  key_groups:\n    - age: []\n' });
    await expect(prepared(groups)).rejects.toMatchObject({ message: expect.stringContaining('groups of keys') });
  });

  it('is not seen in a ConfigMap that holds such a file', () => {
    expect(isSopsManifest('kind: ConfigMap\ndata:\n  f: |\n    sops:\n      mac: ENC[AES256_GCM,data:a]\n    {"sops": 1}\n')).toBe(false);
  });
});

it.each([
  ['~', undefined],
  ['', undefined],
  ['yes', 'yes'],
  ['TRUE', 'True'],
  ['-12', '-12'],
  ['0644', '420'],
  ['0x1F', '31'],
  ['0b11', '3'],
  ['1_000', '1000'],
  ['089', '89'],
  ['1.50', '1.5'],
  ['1e21', '1000000000000000000000'],
  ['1e-7', '0.0000001'],
  ['a:1', 'a:1'],
])('%s in clear counts as %s', (source, bytes) => expect(plainBytes(source)).toBe(bytes));
