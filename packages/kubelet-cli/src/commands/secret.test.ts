import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decryptManifest, encryptManifest, readIdentities } from '@solo-kubelet/kubelet/secrets';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeIo, fakeIo } from '../../test/fake-io.js';
import { main } from '../main.js';

const CLEAR = 'apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {password: hunter2}\n';

let directory: string;
let file: string;
let recipient: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'secret-command-'));
  file = join(directory, 'key.yaml');
  recipient = (await call(['keygen', '--root-dir', directory])).io.output().trim();
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const call = async (args: readonly string[], { input = '', env = {} }: { input?: string; env?: FakeIo['env'] } = {}) => {
  const io = fakeIo({ input });
  const status = await main(['secret', ...args], { ...io, env });
  return { status, io };
};
const identity = () => readIdentities(join(directory, 'age-identity.txt'));
const clearText = async (): Promise<string> => Buffer.from(await decryptManifest(await readFile(file), await identity())).toString();

/** An editor that is a shell script. */
const editor = async (script: string): Promise<FakeIo['env']> => {
  const path = join(directory, 'editor.sh');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return { PATH: process.env['PATH'], EDITOR: path };
};

describe('secret keygen', () => {
  it('makes an identity once and prints its recipient alone', async () => {
    expect(recipient).toMatch(/^age1[0-9a-z]+$/);
    const again = await call(['keygen', '--age-identity', join(directory, 'age-identity.txt')]);
    expect(again.io.output().trim()).toBe(recipient);
    expect(again.io.errors()).toContain('is there already');
    expect((await stat(join(directory, 'age-identity.txt'))).mode & 0o777).toBe(0o600);
  });
});

describe('secret encrypt', () => {
  it('reads standard input, and is for this node where nobody is named', async () => {
    const { status, io } = await call(['encrypt', '--root-dir', directory], { input: CLEAR });
    expect(status).toBe(0);
    await writeFile(file, io.output());
    expect(await clearText()).toBe(`# recipient: ${recipient}\n${CLEAR}`);
  });

  it('takes the place of a file only when told to, and never encrypts twice', async () => {
    await writeFile(file, CLEAR);
    expect((await call(['encrypt', '-r', recipient, file])).io.output()).toContain('BEGIN AGE ENCRYPTED FILE');
    expect(await readFile(file, 'utf8')).toBe(CLEAR);
    expect((await call(['encrypt', '-i', '-r', recipient, file])).status).toBe(0);
    expect(await clearText()).toContain('hunter2');
    const twice = await call(['encrypt', '-i', '-r', recipient, file]);
    expect([twice.status, twice.io.errors()]).toEqual([1, expect.stringContaining('is encrypted already')]);
  });

  it('says what is wrong: no recipient, no identity, no file, a manifest that is not valid', async () => {
    await writeFile(file, CLEAR);
    const wrong = await call(['encrypt', '-r', 'age1nobody', file]);
    expect([wrong.status, wrong.io.errors()]).toEqual([1, expect.stringContaining('a recipient is not one of age')]);
    expect((await call(['encrypt', '--root-dir', join(directory, 'none'), file])).io.errors()).toContain('there is no age identity');
    expect((await call(['encrypt', '-r', recipient, join(directory, 'none')])).status).toBe(1);
    expect((await call(['encrypt', '-i', '-r', recipient])).status).toBe(2);
    expect((await call(['decrypt', file])).status).toBe(2);
    expect((await call(['encrypt', '-r', recipient], { input: 'kind: Secret\n' })).io.errors()).toContain('apiVersion');
  });

  it('leaves alone what is no manifest, with status 1', async () => {
    const { status, io } = await call(['encrypt', '-r', recipient], { input: 'just words\n' });
    expect([status, io.output()]).toEqual([1, '']);
    expect(io.errors()).toContain('standard input is no valid manifest');
    await writeFile(file, 'kind: Secret\n');
    expect((await call(['encrypt', '-i', '-r', recipient, file])).status).toBe(1);
    expect(await readFile(file, 'utf8')).toBe('kind: Secret\n');
  });
});

describe('secret edit', () => {
  beforeEach(async () => {
    await writeFile(file, await encryptManifest(Buffer.from(`# recipient: ${recipient}\n${CLEAR}`), [recipient]));
  });

  it('shows the file in a place of its own, encrypts what was saved, and leaves nothing behind', async () => {
    const env = await editor(
      `echo "$1" > ${directory}/where; stat -c %a "$(dirname "$1")" "$1" >> ${directory}/where; sed -i s/hunter2/hunter3/ "$1"; cp "$1" "$1~"`,
    );
    const { status, io } = await call(['edit', '--root-dir', directory, file], { env });
    expect([status, io.errors()]).toEqual([0, expect.not.stringContaining('hunter')]);
    expect(await clearText()).toBe(`# recipient: ${recipient}\n${CLEAR.replace('hunter2', 'hunter3')}`);
    const [where = '', ...modes] = (await readFile(join(directory, 'where'), 'utf8')).trim().split('\n');
    expect(modes).toEqual(['700', '600']);
    await expect(stat(where)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(stat(join(where, '..'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await readdir(directory)).filter((name) => name.includes('.new'))).toEqual([]);
  });

  it('writes nothing where nothing changed or the editor failed', async () => {
    const before = await readFile(file, 'utf8');
    expect((await call(['edit', '--root-dir', directory, file], { env: await editor('true') })).io.errors()).toContain(
      'nothing was changed',
    );
    const failed = await call(['edit', '--root-dir', directory, file], { env: await editor('sed -i s/hunter2/x/ "$1"; exit 3') });
    expect([failed.status, failed.io.errors()]).toEqual([1, expect.stringContaining('ended with status 3')]);
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('never loses what somebody else wrote meanwhile', async () => {
    const env = await editor(`echo other > ${file}; sed -i s/hunter2/x/ "$1"`);
    const { status, io } = await call(['edit', '--root-dir', directory, file], { env });
    expect([status, io.errors()]).toEqual([1, expect.stringContaining('changed by somebody else')]);
    expect(await readFile(file, 'utf8')).toBe('other\n');
  });

  it('asks for recipients where the file names none, and takes new ones', async () => {
    await writeFile(file, await encryptManifest(Buffer.from(CLEAR), [recipient]));
    const unnamed = await call(['edit', '--root-dir', directory, file], { env: await editor('true') });
    expect([unnamed.status, unnamed.io.errors()]).toEqual([1, expect.stringContaining('does not say whom it is encrypted for')]);
    const named = await call(['edit', '-r', recipient, '--root-dir', directory, file], { env: await editor('true') });
    expect(named.status).toBe(0);
    expect(await clearText()).toBe(`# recipient: ${recipient}\n${CLEAR}`);
  });

  it('tells of a manifest that is not valid, and refuses a file in clear', async () => {
    const invalid = await call(['edit', '--root-dir', directory, file], { env: await editor('sed -i s/kind:.*/kind:/ "$1"') });
    expect(invalid.status).toBe(3);
    await writeFile(file, CLEAR);
    expect((await call(['edit', '--root-dir', directory, file])).io.errors()).toContain('is not encrypted');
  });
});

it('validate says that a file is encrypted', async () => {
  await writeFile(file, await encryptManifest(Buffer.from(CLEAR), [recipient]));
  const io = fakeIo();
  expect(await main(['validate', file], io)).toBe(3);
  expect(io.output()).toContain('the file is encrypted with age: only the kubelet');
  await writeFile(file, 'kind: Secret\ndata:\n  a: ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]\nsops:\n  version: 3.10.2\n');
  const other = fakeIo();
  expect(await main(['validate', file], other)).toBe(3);
  expect(other.output()).toContain('the values of the file are encrypted by SOPS: only the kubelet');
});
