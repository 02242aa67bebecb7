import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseImageReference } from '@solo-kubelet/pod-spec';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { credentialPlugins, joinCredentials } from './credential-plugins.js';
import { dockerConfigCredentials } from './docker-config-credentials.js';
import { matchingAuths } from './registry-keyring.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'credentials-'));
});
afterEach(() => rm(directory, { recursive: true }));

const user = (username: string) => ({ username, password: 'p' });
const names = (auths: readonly { readonly username: string }[]) => auths.map(({ username }) => username);

describe('an image name', () => {
  const pinned = `reg.example:5000/x@sha256:${'a'.repeat(64)}`;
  it.each([
    ['busybox', 'busybox:latest', 'docker.io/library/busybox'],
    ['team/app:1', 'team/app:1', 'docker.io/team/app'],
    ['localhost/x/y', 'localhost/x/y:latest', 'localhost/x/y'],
    [pinned, pinned, 'reg.example:5000/x'],
    ['docker.io/busybox:1', 'docker.io/busybox:1', 'docker.io/library/busybox'],
  ])('%s', (image, pullName, repository) => expect(parseImageReference(image)).toMatchObject({ pullName, repository }));
  it.each(['', 'busyBox', 'team/App', 'a b', 'x:', 'x@sha256:12', '-x', 'f'.repeat(64)])('%j is none', (image) =>
    expect(parseImageReference(image)).toBeUndefined(),
  );
});

describe('a keyring', () => {
  it.each([
    ['reg.example', 'reg.example/app', true],
    ['https://reg.example/v2/', 'reg.example/app', true],
    ['reg.example:5000', 'reg.example/app', false],
    ['*.example', 'reg.example/app', true],
    ['*.example', 'a.reg.example/app', false],
    ['reg.example/team', 'reg.example/team/app', true],
    ['reg.example/team', 'reg.example/other/app', false],
    ['https://index.docker.io/v1/', 'docker.io/library/busybox', true],
  ])('%s for %s: %s', (key, repository, matches) => expect(matchingAuths({ [key]: user('me') }, repository)).toHaveLength(matches ? 1 : 0));
  it('gives the longer key first', () =>
    expect(names(matchingAuths({ 'reg.example': user('all'), 'reg.example/team': user('team') }, 'reg.example/team/app'))).toEqual([
      'team',
      'all',
    ]));
});

describe('docker’s config', () => {
  it('is the first sound file; `auth` goes before the pair', async () => {
    const second = await mkdtemp(join(tmpdir(), 'credentials-'));
    await writeFile(join(directory, 'config.json'), '{ broken');
    const auth = Buffer.from('me:pa:ss').toString('base64');
    await writeFile(join(second, 'config.json'), JSON.stringify({ auths: { 'reg.example': { auth, username: 'you', password: 'no' } } }));
    const credentials = dockerConfigCredentials({ configDirs: [directory, second] });
    expect(await credentials.lookup('reg.example/app', {})).toEqual([{ username: 'me', password: 'pa:ss' }]);
    await rm(second, { recursive: true });
  });
  it('is read again after its time', async () => {
    let nowMs = 0;
    const credentials = dockerConfigCredentials({ configDirs: [directory], now: () => nowMs });
    expect(await credentials.lookup('reg.example/app', {})).toEqual([]);
    await writeFile(join(directory, 'config.json'), JSON.stringify({ auths: { 'reg.example': user('me') } }));
    expect(await credentials.lookup('reg.example/app', {})).toEqual([]);
    nowMs = 300_001;
    expect(names(await credentials.lookup('reg.example/app', {}))).toEqual(['me']);
  });
});

describe('credential plugins', () => {
  const apiVersion = 'credentialprovider.kubelet.k8s.io/v1';
  const provider = (name: string, rest: object = {}) => ({
    name,
    matchImages: ['*.example'],
    defaultCacheDurationMs: 0,
    apiVersion,
    ...rest,
  });
  const plugin = async (name: string, script: string) => {
    await writeFile(join(directory, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(directory, name), 0o755);
  };
  const answer = (rest: object = {}) =>
    JSON.stringify({
      apiVersion,
      kind: 'CredentialProviderResponse',
      cacheKeyType: 'Registry',
      auth: { 'reg.example': user('plugin') },
      ...rest,
    });

  it('are asked on standard input and answer on standard output', async () => {
    await plugin('ok', `grep -q '"image":"reg.example/app"' && echo "$GREETING $1" >> ${directory}/calls && echo '${answer()}'`);
    const credentials = credentialPlugins({
      binDir: directory,
      providers: [provider('ok', { args: ['arg'], env: [{ name: 'GREETING', value: 'hello' }] })],
      env: { PATH: process.env['PATH'] },
    });
    expect(names(await credentials.lookup('reg.example/app', {}))).toEqual(['plugin']);
    expect(await credentials.lookup('docker.io/library/busybox', {})).toEqual([]);
  });

  it('are not asked again while their answer holds', async () => {
    await plugin(
      'once',
      `test -e ${directory}/asked && exit 1; touch ${directory}/asked; cat > /dev/null; echo '${answer({ cacheDuration: '1h0m0s' })}'`,
    );
    const credentials = credentialPlugins({ binDir: directory, providers: [provider('once')], env: { PATH: process.env['PATH'] } });
    expect(names(await credentials.lookup('reg.example/app', {}))).toEqual(['plugin']);
    expect(names(await credentials.lookup('reg.example/other', {}))).toEqual(['plugin']);
  });

  it.each([
    ['exit 3', 'exited with 3'],
    ['echo nonsense', 'gave no CredentialProviderResponse'],
    ['exec sleep 60', 'took over 0.3 s'],
  ])('that fail (%s) are told of by name, and the next source is asked', async (script, message) => {
    await plugin('bad', script);
    const failures: string[] = [];
    const plugins = credentialPlugins({
      binDir: directory,
      providers: [provider('bad')],
      env: { PATH: process.env['PATH'] },
      timeoutMs: 300,
      onFailure: (failure) => failures.push(failure.message),
    });
    const next = { lookup: async () => [user('next')] };
    expect(names(await joinCredentials([plugins, next]).lookup('reg.example/app', {}))).toEqual(['next']);
    expect(failures).toEqual([expect.stringContaining(message)]);
  });
});
