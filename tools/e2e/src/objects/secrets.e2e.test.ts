import { execFile } from 'node:child_process';
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kubeletBinary, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { encryptManifest } from '../../../../packages/kubelet/src/secrets/age-file.js';
import { STAY } from '../environment/looking.js';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';

const VALUE = 'xyzzy-7f3a9c51';
const exec = promisify(execFile);

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node?.[Symbol.asyncDispose]());

/** The command line as a user calls it. */
const cli = async (input: string, ...args: readonly string[]): Promise<string> => {
  const called = exec(process.execPath, [kubeletBinary, ...args], { timeout: 30_000 });
  called.child.stdin?.end(input);
  return (await called).stdout;
};

/** Files below a directory that hold a text, in clear or in base64. */
const filesWith = async (directory: string, text: string): Promise<readonly string[]> => {
  const encoded = Buffer.from(text).toString('base64').replace(/=+$/, '');
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path, 'latin1').catch(() => '');
    const decoded = content.replace(/[A-Za-z0-9+/=]{40,}/g, (run) => `${run}${Buffer.from(run, 'base64').toString('latin1')}`);
    if (decoded.includes(text) || decoded.includes(encoded)) found.push(path);
  }
  return found;
};

it('a Secret that lies encrypted reaches a container, across a restart and a bad edit, and is nowhere in clear', async () => {
  const { rootDirectory, manifestDirectory } = node.bed;
  const recipient = (await cli('', 'secret', 'keygen', '--root-dir', rootDirectory)).trim();
  expect(recipient).toMatch(/^age1/);
  const secret = stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' }, stringData: { password: VALUE } });
  const encrypted = await cli(secret, 'secret', 'encrypt', '-r', recipient);
  expect(await filesWith(rootDirectory, 'AGE-SECRET-KEY-1')).toEqual([join(rootDirectory, 'age-identity.txt')]);

  await node.drop('key.yaml', encrypted);
  const env = [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'key', key: 'password' } } }];
  await node.drop('app.json', podManifest('app', { containers: [script('app', STAY, { env })] }));
  const running = await node.pod('app', isRunning);
  expect((await node.exec('app', 'echo $PASSWORD')).trim()).toBe(VALUE);

  const stateOf = async () =>
    (await node.api.listManifests({ signal: AbortSignal.timeout(10_000) })).find(({ path }) => path.endsWith('/key.yaml'));
  // Cut off by a bad edit, and then the kubelet starts anew: the last good version counts, which is kept encrypted.
  await node.drop('key.yaml', `${encrypted.slice(0, 300)}\n`);
  const stale = await waitFor(async () => await stateOf().then((one) => (one?.state === 'stale' ? one : undefined)), {
    what: 'a stale manifest',
  });
  expect(stale.message).toBe(
    `${join(manifestDirectory, 'key.yaml')}: it is encrypted, but damaged or cut off: put the whole file in place again`,
  );
  await node.restartKubelet();
  await waitFor(async () => ((await stateOf())?.state === 'stale' ? true : undefined), { what: 'the last good version' });
  await node.drop('later.json', podManifest('later', { containers: [script('app', STAY, { env })] }));
  await node.pod('later', isRunning);
  expect((await node.exec('later', 'echo $PASSWORD')).trim()).toBe(VALUE);
  const after = await node.pod('app', isRunning);
  expect(after.status?.containerStatuses?.[0]?.containerID).toBe(running.status?.containerStatuses?.[0]?.containerID);

  // What is wrong with an encrypted document is told by its place alone. The command line would not encrypt it.
  const wrong = `apiVersion: v1\nkind: Secret\nmetadata: {name: key}\ndata: {password: "${VALUE}!"}\n`;
  await node.drop('key.yaml', await encryptManifest(Buffer.from(wrong), [recipient]));
  await waitFor(async () => ((await stateOf())?.message?.includes('left out') ? true : undefined), { what: 'a refusal without words' });
  const said = JSON.stringify([
    await node.api.listManifests({ signal: AbortSignal.timeout(10_000) }),
    await node.api.listEvents({ signal: AbortSignal.timeout(10_000) }),
    await node.pods(),
  ]);
  const encoded = Buffer.from(VALUE).toString('base64').replace(/=+$/, '');
  for (const text of [said, node.kubelet().log()]) {
    expect(text).not.toContain(VALUE);
    expect(text).not.toContain(encoded);
  }
  expect(await filesWith(rootDirectory, VALUE)).toEqual([]);
  expect(await filesWith(manifestDirectory, VALUE)).toEqual([]);
});

/** A value as SOPS writes it. */
const sealed = (key: Buffer, value: string, place: string): string => {
  const iv = randomBytes(32);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(place));
  const data = Buffer.concat([cipher.update(value), cipher.final()]).toString('base64');
  return `ENC[AES256_GCM,data:${data},iv:${iv.toString('base64')},tag:${cipher.getAuthTag().toString('base64')},type:str]`;
};

/** A Secret as `sops encrypt --encrypted-regex '^stringData$'` leaves it. */
const sopsSecret = async (name: string, value: string, recipient: string): Promise<string> => {
  const [key, lastmodified] = [randomBytes(32), '2026-01-31T12:00:00Z'];
  const mac = ['v1', 'Secret', name, value]
    .reduce((hash, one) => hash.update(one), createHash('sha512'))
    .digest('hex')
    .toUpperCase();
  const enc = await encryptManifest(key, [recipient]);
  return stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    stringData: { password: sealed(key, value, 'stringData:password:') },
    sops: {
      age: [{ recipient, enc }],
      lastmodified,
      mac: sealed(key, mac, lastmodified),
      encrypted_regex: '^stringData$',
      version: '3.10.2',
    },
  });
};

it('a Secret whose values SOPS encrypted reaches a volume, follows an edit, and is refused once somebody tampered with it', async () => {
  const { rootDirectory, manifestDirectory } = node.bed;
  const recipient = (await cli('', 'secret', 'keygen', '--root-dir', rootDirectory)).trim();
  const before = await sopsSecret('sops', VALUE, recipient);
  await node.drop('sops.yaml', before);
  const container = script('app', STAY, { volumeMounts: [{ name: 's', mountPath: '/s' }] });
  await node.drop(
    'sopped.json',
    podManifest('sopped', { containers: [container], volumes: [{ name: 's', secret: { secretName: 'sops' } }] }),
  );
  await node.pod('sopped', isRunning);
  const reads = (text: string) =>
    waitFor(async () => ((await node.exec('sopped', 'cat /s/password')) === text ? true : undefined), { what: `the value ${text}` });
  await reads(VALUE);
  await node.drop('sops.yaml', await sopsSecret('sops', `${VALUE}-2`, recipient));
  await reads(`${VALUE}-2`);
  await node.drop('sops.yaml', before.replace('name: sops', 'name: other'));
  const stateOf = async () =>
    (await node.api.listManifests({ signal: AbortSignal.timeout(10_000) })).find(({ path }) => path.endsWith('/sops.yaml'));
  const stale = await waitFor(async () => await stateOf().then((one) => (one?.state === 'stale' ? one : undefined)), { what: 'a refusal' });
  expect(stale.message).toContain('it is encrypted by SOPS, but');
  await reads(`${VALUE}-2`);
  await node.restartKubelet();
  await waitFor(async () => ((await stateOf())?.state === 'stale' ? true : undefined), { what: 'the last good version' });
  await reads(`${VALUE}-2`);
  await node.remove('sopped.json');
  await node.gone('sopped');
  expect(await filesWith(rootDirectory, VALUE)).toEqual([]);
  expect(await filesWith(manifestDirectory, VALUE)).toEqual([]);
  expect(node.kubelet().log()).not.toContain(VALUE);
});
