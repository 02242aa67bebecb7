import type { Volume } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { testPod } from '../testing/test-pod.js';
import { objectPayload } from './object-payload.js';
import type { PodObjects } from './pod-objects.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const objects: PodObjects = {
  configMap: (namespace, name) =>
    namespace === 'default' && name === 'web' ? { data: { a: '1', b: '2' }, binaryData: { c: base64('\0x') } } : undefined,
  secret: (_namespace, name) => (name === 'key' ? { data: { a: base64('s') } } : undefined),
  runtimeClassHandler: () => undefined,
  claim: async () => ({ ok: false, error: 'none' }),
  token: async ({ audience, serviceAccountName, expirationSeconds }) => `${serviceAccountName} ${audience} ${expirationSeconds}`,
};
const files = async (source: Omit<Volume, 'name'>, spec: object = {}) => {
  const payload = await objectPayload({ name: 'v', ...source }, { pod: testPod(spec), allocatable: {}, objects });
  return [...payload].map(([path, { data, mode, uid }]) => [path, Buffer.from(data).toString(), mode.toString(8), uid]);
};

describe('the files of a volume', () => {
  it('are every key of a ConfigMap, or those that are named', async () => {
    expect(await files({ configMap: { name: 'web', defaultMode: 0o644 } })).toEqual([
      ['c', '\0x', '644', undefined],
      ['a', '1', '644', undefined],
      ['b', '2', '644', undefined],
    ]);
    expect(await files({ configMap: { name: 'web', items: [{ key: 'b', path: 'x/y', mode: 0o400 }] } })).toEqual([
      ['x/y', '2', '400', undefined],
    ]);
  });

  it('come in the order of the sources, the last of a path', async () => {
    const sources = [{ configMap: { name: 'web' } }, { secret: { name: 'key' } }, { secret: { name: 'none', optional: true } }];
    expect((await files({ projected: { sources } })).map(([path, text]) => `${path}=${text}`)).toEqual(['c=\0x', 'a=s', 'b=2']);
  });

  it.each<[string, Omit<Volume, 'name'>]>([
    ['configmap "none" not found', { configMap: { name: 'none' } }],
    ['secret "none" not found', { secret: { secretName: 'none' } }],
    ['configmap references non-existent config key: z', { configMap: { name: 'web', items: [{ key: 'z', path: 'z' }] } }],
    ['references non-existent secret key: z', { secret: { secretName: 'key', items: [{ key: 'z', path: 'z' }] } }],
  ])('are not there: %s', (message, source) =>
    expect(files(source)).rejects.toMatchObject({ code: 'VOLUME_SETUP_FAILED', retryable: true, message }),
  );

  it('leave out what need not be there', async () => {
    expect(await files({ configMap: { name: 'none', optional: true } })).toEqual([]);
    expect(await files({ secret: { secretName: 'key', optional: true, items: [{ key: 'z', path: 'z' }] } })).toEqual([]);
  });

  it('are tokens for the one user that all containers run as', async () => {
    const token = { projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'vault' } }] } };
    expect(await files(token)).toEqual([['token', 'default vault 3600', '644', undefined]]);
    expect(await files(token, { serviceAccountName: 'web', securityContext: { runAsUser: 7 } })).toEqual([
      ['token', 'web vault 3600', '600', 7],
    ]);
  });
});
