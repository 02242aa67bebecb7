import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isEncryptedManifest } from '@solo-kubelet/object-spec';
import { armor, Encrypter, generateHybridIdentity, generateX25519Identity } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decryptManifest, encryptManifest } from './age-file.js';
import { makeIdentity, readIdentities, recipientsOf } from './age-identity.js';
import { decryptManifests } from './decrypt-manifests.js';

const CLEAR = 'apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {password: hunter2}\n';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'secrets-'));
  path = join(directory, 'age-identity.txt');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const sealed = async (text = CLEAR): Promise<string> => {
  await makeIdentity(path);
  return encryptManifest(Buffer.from(text), await recipientsOf(await readIdentities(path)));
};
const prepared = async (text: string): Promise<string> => Buffer.from(await decryptManifests(path)(Buffer.from(text))).toString();

describe('identities', () => {
  it('are made once, for the owner alone', async () => {
    expect(await makeIdentity(path)).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const text = await readFile(path, 'utf8');
    expect(text).toMatch(/^# public key: age1[0-9a-z]+\nAGE-SECRET-KEY-1[0-9A-Z]+\n$/);
    expect(await makeIdentity(path)).toBe(false);
    expect(await readFile(path, 'utf8')).toBe(text);
    expect(text).toContain((await recipientsOf(await readIdentities(path)))[0]);
  });

  it('that others may read, or that are none, are refused by their place and never shown', async () => {
    await makeIdentity(path);
    await chmod(path, 0o640);
    await expect(readIdentities(path)).rejects.toMatchObject({ code: 'SECRET_IDENTITY', message: expect.stringContaining('chmod 600') });
    await rm(path);
    await writeFile(path, '# mine\nAGE-SECRET-KEY-1OOPS\n', { mode: 0o600 });
    await expect(readIdentities(path)).rejects.toMatchObject({ message: `${path}:2 is not an age identity (AGE-SECRET-KEY-1…)` });
    await writeFile(path, '# nothing\n');
    await expect(readIdentities(path)).rejects.toMatchObject({ message: `there is no age identity in ${path}` });
    await writeFile(path, 'x\n'.repeat(40_000));
    await expect(readIdentities(path)).rejects.toMatchObject({ code: 'SECRET_IDENTITY' });
  });
});

describe('an encrypted manifest', () => {
  it('is decrypted by the identity it is for, with CRLF and white space around it too', async () => {
    const text = await sealed();
    expect(isEncryptedManifest(text)).toBe(true);
    expect(text).not.toContain('hunter2');
    expect(await prepared(text)).toBe(CLEAR);
    expect(await prepared(`\n${text.replaceAll('\n', '\r\n')}\r\n`)).toBe(CLEAR);
  });

  it('may be for several identities, and for post-quantum ones', async () => {
    const other = await generateX25519Identity();
    const hybrid = await generateHybridIdentity();
    const both = Buffer.from(await encryptManifest(Buffer.from(CLEAR), await recipientsOf([other, await generateX25519Identity()])));
    expect(Buffer.from(await decryptManifest(both, [hybrid, other])).toString()).toBe(CLEAR);
    const later = Buffer.from(await encryptManifest(Buffer.from(CLEAR), await recipientsOf([hybrid])));
    expect(Buffer.from(await decryptManifest(later, [other, hybrid])).toString()).toBe(CLEAR);
  });

  it('leaves manifests in clear as they are, without an identity', async () => {
    const content = Buffer.from(CLEAR);
    expect(await decryptManifests(path)(content)).toBe(content);
  });

  it('says what to do where there is no identity, or another one', async () => {
    const text = await sealed();
    await rm(path);
    await expect(prepared(text)).rejects.toMatchObject({
      code: 'SECRET_IDENTITY',
      message: `it is encrypted, and there is no age identity at ${path}: put it there, or make one with "kubelet-cli secret keygen"`,
    });
    await makeIdentity(path);
    await expect(prepared(text)).rejects.toMatchObject({ code: 'SECRET_FOREIGN', message: expect.stringContaining('for somebody else') });
  });

  it('that is damaged anywhere is refused, whatever is wrong with it', async () => {
    const text = await sealed();
    const lines = text.split('\n');
    const body = lines.slice(1, -2);
    const wrong = [
      text.slice(0, 200),
      text.slice(0, -10),
      `${lines[0]}\n`,
      `${lines[0]}\n${lines.at(-2)}\n`,
      `${lines[0]}\n${'A'.repeat(64)}\n${lines.at(-2)}\n`,
      `${lines[0]}\n${Buffer.from('age-encryption.org/v1\n').toString('base64')}\n${lines.at(-2)}\n`,
      text.replaceAll('\n', ''),
      ...body.map((line, at) => {
        const other = `${line.startsWith('A') ? 'B' : 'A'}${line.slice(1)}`;
        return [lines[0], ...body.with(at, other), ...lines.slice(-2)].join('\n');
      }),
    ];
    for (const each of wrong) {
      await expect(prepared(each)).rejects.toMatchObject({ code: expect.stringMatching(/^SECRET_(DAMAGED|FOREIGN)$/) });
    }
    await expect(prepared(Buffer.from(armor.decode(text)).toString('latin1'))).rejects.toMatchObject({
      message: 'it is encrypted, but not in ASCII armor: encrypt it with age --armor',
    });
  });

  it('by a passphrase is refused before any work is done for it', async () => {
    await makeIdentity(path);
    const encrypter = new Encrypter();
    encrypter.setPassphrase('correct horse');
    encrypter.setScryptWorkFactor(10);
    const text = armor.encode(await encrypter.encrypt(CLEAR));
    await expect(prepared(text)).rejects.toMatchObject({ code: 'SECRET_FOREIGN', message: expect.stringContaining('by a passphrase') });
  });

  it('for hundreds of recipients, or with a header without an end, costs no key exchange', async () => {
    await makeIdentity(path);
    const [recipient] = await recipientsOf(await readIdentities(path));
    const encrypter = new Encrypter();
    for (let n = 0; n < 100; n += 1) encrypter.addRecipient(recipient!);
    const text = armor.encode(await encrypter.encrypt(CLEAR));
    await expect(prepared(text)).rejects.toMatchObject({ message: 'it is encrypted for more than 32 recipients' });
    const endless = armor.encode(Buffer.from(`age-encryption.org/v1\n${'-> X25519 a\n'.repeat(100_000)}`));
    await expect(prepared(endless)).rejects.toMatchObject({ code: 'SECRET_DAMAGED' });
    await expect(
      encryptManifest(
        Buffer.from(CLEAR),
        Array.from({ length: 33 }, (_, n) => `age1${n}`),
      ),
    ).rejects.toMatchObject({
      code: 'SECRET_RECIPIENT',
    });
  });

  it('is not made larger than a manifest may be, nor for what is no recipient', async () => {
    const recipients = await sealed().then(async () => recipientsOf(await readIdentities(path)));
    await expect(encryptManifest(Buffer.alloc(2_400_000, 0x61), recipients)).rejects.toMatchObject({ code: 'SECRET_TOO_LARGE' });
    await expect(encryptManifest(Buffer.from(CLEAR), [])).rejects.toMatchObject({ code: 'SECRET_RECIPIENT' });
    const [identity] = await readIdentities(path);
    for (const wrong of [identity!, 'age1nonsense', 'ssh-ed25519 AAAA']) {
      const error: Error = await encryptManifest(Buffer.from(CLEAR), [wrong]).then(
        () => new Error('it was taken'),
        (cause: Error) => cause,
      );
      expect(error).toMatchObject({ code: 'SECRET_RECIPIENT' });
      expect(error.message).not.toContain(wrong);
    }
  });
});
