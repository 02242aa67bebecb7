import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClusterError } from './cluster-error.js';
import { createCredentials } from './credentials.js';
import { type Kubeconfig, parseKubeconfig } from './kubeconfig.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cluster-client-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const { signal } = new AbortController();
const withUser = (user: object): Kubeconfig =>
  parseKubeconfig(
    JSON.stringify({
      'current-context': 'c',
      clusters: [{ name: 'k', cluster: { server: 'https://a' } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
    }),
    join(directory, 'config'),
  );
const plugin = async (script: string): Promise<object> => {
  const path = join(directory, 'plugin');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin', installHint: 'get it' } };
};

describe('a token in a file', () => {
  it('is read again after a while, at once when it was refused, and serves on while the file is gone', async () => {
    let nowMs = 0;
    const path = join(directory, 'token');
    await writeFile(path, 'one\n');
    const credentials = createCredentials({ kubeconfig: withUser({ tokenFile: path }), now: () => nowMs });
    const bearer = async () => (await credentials.headers(signal))['authorization'];
    expect(await bearer()).toBe('Bearer one');
    await writeFile(path, 'two\n');
    expect(await bearer()).toBe('Bearer one');
    credentials.refused();
    expect(await bearer()).toBe('Bearer two');
    await rm(path);
    nowMs += 120_000;
    expect(await bearer()).toBe('Bearer two');
  });

  it('that never was there is an error that names it', async () => {
    const credentials = createCredentials({ kubeconfig: withUser({ tokenFile: 'none' }) });
    await expect(credentials.headers(signal)).rejects.toSatisfy(
      (error) => ClusterError.is(error) && error.code === 'CLUSTER_CREDENTIALS' && error.message.includes(join(directory, 'none')),
    );
  });
});

describe('a certificate in files', () => {
  it('makes another version when it changes', async () => {
    let nowMs = 0;
    await Promise.all(['crt', 'key'].map((name) => writeFile(join(directory, name), 'a')));
    const credentials = createCredentials({
      kubeconfig: withUser({ 'client-certificate': 'crt', 'client-key': 'key' }),
      now: () => nowMs,
    });
    const before = await credentials.tls(signal);
    await writeFile(join(directory, 'crt'), 'b');
    expect(await credentials.tls(signal)).toEqual(before);
    nowMs += 10_000;
    const after = await credentials.tls(signal);
    expect(after.certificate?.certificate).toBe('b');
    expect(after.version).not.toBe(before.version);
  });
});

describe('a credential plugin', () => {
  it('is asked once until its token expires or is refused, and is told about the protocol', async () => {
    const user = await plugin(
      'echo x >> "$(dirname "$0")/runs"; n=$(wc -l < "$(dirname "$0")/runs"); case "$KUBERNETES_EXEC_INFO" in *ExecCredential*) ;; *) exit 3;; esac\n' +
        'echo "{\\"kind\\":\\"ExecCredential\\",\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"status\\":{\\"token\\":\\"t$n\\",\\"expirationTimestamp\\":\\"2026-01-01T00:00:10Z\\"}}"',
    );
    let wallMs = Date.parse('2026-01-01T00:00:00Z');
    const credentials = createCredentials({ kubeconfig: withUser(user), env: process.env, wallNow: () => wallMs });
    const bearer = async () => (await credentials.headers(signal))['authorization'];
    expect(await Promise.all([bearer(), bearer()])).toEqual(['Bearer t1', 'Bearer t1']);
    credentials.refused();
    expect(await bearer()).toBe('Bearer t2');
    wallMs += 9_000;
    expect(await bearer()).toBe('Bearer t2');
    wallMs += 1_000;
    expect(await bearer()).toBe('Bearer t3');
  });

  it.each([
    ['echo secret; exit 1', 'it ended with code 1'],
    ['echo secret', 'it did not print JSON'],
    ['echo "{}"', 'it did not print an ExecCredential'],
  ])('that does %j fails without telling what it printed', async (script, why) => {
    const credentials = createCredentials({ kubeconfig: withUser(await plugin(script)), env: process.env });
    await expect(credentials.headers(signal)).rejects.toSatisfy(
      (error) => ClusterError.is(error) && error.message.includes(why) && !error.message.includes('secret') && error.hint === 'get it',
    );
  });
});
