import { describe, expect, it } from 'vitest';
import { decodeIntent, decodeRecord, encodeIntent, encodeRecord } from './pull-record.js';

const secret = { uid: 'u1', namespace: 'team', name: 'login', credentialHash: 'abc' };
const record = {
  lastUpdatedMs: Date.UTC(2026, 0, 31, 12, 0, 0),
  imageRef: 'sha256:1',
  credentials: new Map([
    ['reg.example/b', { nodePodsAccessible: true }],
    ['reg.example/a', { kubernetesSecrets: [secret] }],
    ['reg.example/c', { kubernetesServiceAccounts: [{ uid: 'u2', namespace: 'team', name: 'builder' }] }],
  ]),
};
/** As a kubelet written in Go leaves it: this text, byte for byte, is what it wrote for the same record. */
const text =
  '{"kind":"ImagePulledRecord","apiVersion":"kubelet.config.k8s.io/v1beta1","lastUpdatedTime":"2026-01-31T12:00:00Z","imageRef":"sha256:1","credentialMapping":{' +
  '"reg.example/a":{"kubernetesSecrets":[{"uid":"u1","namespace":"team","name":"login","credentialHash":"abc"}]},' +
  '"reg.example/b":{"nodePodsAccessible":true},' +
  '"reg.example/c":{"kubernetesServiceAccounts":[{"uid":"u2","namespace":"team","name":"builder"}]}}}\n';

describe('records on the disk', () => {
  it('are written as a kubelet in Go writes them', () => {
    expect(encodeRecord(record)).toBe(text);
    expect(encodeIntent('busybox')).toBe('{"kind":"ImagePullIntent","apiVersion":"kubelet.config.k8s.io/v1beta1","image":"busybox"}\n');
  });

  it('are read again, and those of the older API likewise', () => {
    const { value, current } = decodeRecord(text);
    expect([value.lastUpdatedMs, value.imageRef, current]).toEqual([record.lastUpdatedMs, 'sha256:1', true]);
    expect(value.credentials.get('reg.example/a')).toMatchObject({ kubernetesSecrets: [secret], nodePodsAccessible: false });
    expect(encodeRecord(value)).toBe(text);
    expect(decodeRecord(text.replace('v1beta1', 'v1alpha1'))).toMatchObject({ current: false, value: { imageRef: 'sha256:1' } });
    expect(decodeIntent(encodeIntent('busybox').replace('v1beta1', 'v1alpha1'))).toEqual({ current: false, value: 'busybox' });
  });

  it('may lack what Go leaves out', () => {
    const bare = '{"kind":"ImagePulledRecord","apiVersion":"kubelet.config.k8s.io/v1beta1","lastUpdatedTime":null,"imageRef":"x"}';
    expect(decodeRecord(bare).value).toEqual({ lastUpdatedMs: 0, imageRef: 'x', credentials: new Map() });
  });

  it.each([
    ['no JSON', '{"kind"'],
    ['nothing', ''],
    ['a list', '[]'],
    ['deep JSON', '['.repeat(100_000)],
    ['another kind', text.replace('ImagePulledRecord', 'ImagePullIntent')],
    ['another version', text.replace('v1beta1', 'v2')],
    ['an unknown field', text.replace('"imageRef"', '"imageref"')],
    ['an unknown field of credentials', text.replace('"nodePodsAccessible"', '"everybody"')],
    ['an unknown field of a Secret', text.replace('"credentialHash"', '"hash"')],
    ['a time that is none', text.replace('2026-01-31T12:00:00Z', 'yesterday')],
    ['a time that no calendar has', text.replace('2026-01-31T12:00:00Z', '2026-13-31T12:00:00Z')],
    ['a number for a name', text.replace('"login"', '7')],
    ['a text for a list', text.replace('[{"uid":"u1","namespace":"team","name":"login","credentialHash":"abc"}]', '"login"')],
    ['a text for truth', text.replace('"nodePodsAccessible":true', '"nodePodsAccessible":"true"')],
  ])('are none with %s', (_what, broken) => {
    expect(broken).not.toBe(text);
    expect(() => decodeRecord(broken)).toThrow(Error);
  });

  it('keep names that JavaScript has a use for', () => {
    const odd = { ...record, credentials: new Map([['__proto__', { nodePodsAccessible: true }]]) };
    expect([...decodeRecord(encodeRecord(odd)).value.credentials.keys()]).toEqual(['__proto__']);
  });
});
