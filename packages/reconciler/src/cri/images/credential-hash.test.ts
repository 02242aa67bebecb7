import { describe, expect, it } from 'vitest';
import { credentialHash, podCredentials, recordedCredentials } from './image-credentials.js';
import { secretCredentials } from './secret-credentials.js';

const login = { uid: 'u1', namespace: 'team', name: 'login' };

describe('credentials', () => {
  /** What Go 1.26 makes of the same: SHA-256 of its JSON. */
  it.each([
    [{ username: 'line', password: 'let me in' }, '19926f3f4274caa5cf21956d6f6b241b429ecd4af173d65cd98689cc22ef93c8'],
    [
      { username: 'a<b>&c', password: '\u2028\u00e9"\\\n\u0001\u007f\b\f' },
      '8620422fe78c7c1465dbf7f8625f832052845ac68fb9a383f8f07e9f793b9b01',
    ],
    [{ username: 'u', password: 'p', email: 'e@x' }, '81ca68cdff03c27e85aa0907582586fc0609858994808ba6e7b4edf8ca5924d1'],
  ])('%j have the hash that a kubelet in Go gives them', (auth, hash) => expect(credentialHash(auth)).toBe(hash));

  it('are recorded by whose they are', () => {
    const auth = { username: 'line', password: 'let me in' };
    expect(recordedCredentials(undefined)).toEqual({ nodePodsAccessible: true });
    expect(recordedCredentials(auth)).toEqual({ nodePodsAccessible: true });
    expect(recordedCredentials({ ...auth, serviceAccount: login })).toEqual({ kubernetesServiceAccounts: [login] });
    expect(recordedCredentials({ ...auth, secret: login })).toEqual({
      kubernetesSecrets: [{ ...login, credentialHash: '19926f3f4274caa5cf21956d6f6b241b429ecd4af173d65cd98689cc22ef93c8' }],
    });
    const brought = podCredentials([auth, { ...auth, secret: login }, { ...auth, serviceAccount: login }]);
    expect(brought).toMatchObject({ secrets: [login], serviceAccount: login });
  });

  it('of several Secrets come the most specific first, and say which it was', async () => {
    const config = (auths: object) => Buffer.from(JSON.stringify({ auths })).toString('base64');
    const secrets: Record<string, object> = {
      a: { 'reg.example': { username: 'a', password: 'p' } },
      b: { 'reg.example/team': { username: 'b', password: 'p', email: 'b@x' }, 'reg.example': { username: 'b2', password: 'p' } },
    };
    const found = await secretCredentials((_, name) => ({
      type: 'kubernetes.io/dockerconfigjson',
      metadata: { uid: `uid of ${name}` },
      data: { '.dockerconfigjson': config(secrets[name] ?? {}) },
    })).lookup('reg.example/team/app', { pullSecrets: { namespace: 'n', names: ['a', 'b'] } });
    expect(found.map(({ username, email, secret }) => [username, email, secret?.uid])).toEqual([
      ['b', 'b@x', 'uid of b'],
      ['a', undefined, 'uid of a'],
      ['b2', undefined, 'uid of b'],
    ]);
  });
});
