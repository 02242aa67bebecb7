import type { ImagePullCredentials } from '@solo-kubelet/reconciler/cri';
import { describe, expect, it } from 'vitest';
import { judgeCredentials, judgeRecord } from './judge-access.js';
import { mergeCredentials } from './merge-credentials.js';

const secret = (name: string, credentialHash = `hash of ${name}`, uid = `uid of ${name}`) => ({
  uid,
  namespace: 'team',
  name,
  credentialHash,
});
const account = (name: string, uid = `uid of ${name}`) => ({ uid, namespace: 'team', name });
const recorded = (...kubernetesSecrets: ReturnType<typeof secret>[]): ImagePullCredentials => ({ kubernetesSecrets });

describe('what a record says alone', () => {
  it.each<[string, ImagePullCredentials | undefined, string | undefined]>([
    ['nothing of this image', undefined, 'mustAuthenticate'],
    ['nobody', {}, 'mustAuthenticate'],
    ['every Pod', { nodePodsAccessible: true }, 'credentialRecordFound'],
    ['a Secret', recorded(secret('a')), undefined],
    ['a service account', { kubernetesServiceAccounts: [account('a')] }, undefined],
  ])('%s', (_what, credentials, result) => expect(judgeRecord(credentials)).toBe(result));
});

describe('what a Pod brings', () => {
  const many = Array.from({ length: 100 }, (_, index) => secret(`s${index}`));
  it.each([
    ['nothing', recorded(secret('a')), [], 'mustAuthenticate', undefined],
    ['the same Secret', recorded(secret('a')), [secret('a')], 'credentialRecordFound', undefined],
    ['another', recorded(secret('a')), [secret('b')], 'mustAuthenticate', undefined],
    ['another with the same content', recorded(secret('a')), [secret('b', 'hash of a')], 'credentialRecordFound', secret('b', 'hash of a')],
    ['the same Secret with new content', recorded(secret('a')), [secret('a', 'new')], 'credentialRecordFound', secret('a', 'new')],
    [
      'one of its name that was made anew, with new content',
      recorded(secret('a')),
      [secret('a', 'new', 'u2')],
      'mustAuthenticate',
      undefined,
    ],
    ['a content that nobody could hash', recorded(secret('a', '')), [secret('b', '')], 'mustAuthenticate', undefined],
    ['the second of two', recorded(secret('a'), secret('b')), [secret('x'), secret('b')], 'credentialRecordFound', undefined],
    ['the content of one of very many', recorded(...many), [secret('x', 'hash of s7')], 'credentialRecordFound', undefined],
    ['new content of one of very many', recorded(...many), [secret('s7', 'new')], 'mustAuthenticate', undefined],
  ] as const)('%s', (_what, of, secrets, result, remember) =>
    expect(judgeCredentials(of, { secrets, serviceAccount: undefined })).toEqual({ result, ...(remember && { remember }) }),
  );

  it('is its service account', () => {
    const of = { kubernetesServiceAccounts: [account('a')] };
    const judged = (serviceAccount?: ReturnType<typeof account>) => judgeCredentials(of, { secrets: [], serviceAccount }).result;
    expect([judged(account('a')), judged(account('b')), judged(account('a', 'u2')), judged()]).toEqual([
      'credentialRecordFound',
      'mustAuthenticate',
      'mustAuthenticate',
      'mustAuthenticate',
    ]);
  });
});

describe('a record that learns', () => {
  const record = (of?: ImagePullCredentials) => ({ lastUpdatedMs: 1, imageRef: 'x', credentials: new Map(of && [['app', of]]) });
  it.each<[string, ImagePullCredentials | undefined, ImagePullCredentials, ImagePullCredentials | undefined]>([
    ['of its first Secret', undefined, recorded(secret('a')), recorded(secret('a'))],
    ['of nobody', undefined, {}, undefined],
    ['what it knows', recorded(secret('a')), recorded(secret('a')), undefined],
    ['of one more Secret, in order', recorded(secret('b')), recorded(secret('a')), recorded(secret('a'), secret('b'))],
    ['of new content', recorded(secret('a')), recorded(secret('a', 'new')), recorded(secret('a', 'new'))],
    ['that every Pod may', recorded(secret('a')), { nodePodsAccessible: true }, { nodePodsAccessible: true }],
    ['of a Secret when every Pod may', { nodePodsAccessible: true }, recorded(secret('a')), undefined],
    [
      'of a service account beside a Secret',
      recorded(secret('a')),
      { kubernetesServiceAccounts: [account('b')] },
      { kubernetesSecrets: [secret('a')], kubernetesServiceAccounts: [account('b')] },
    ],
    ['of the same account', { kubernetesServiceAccounts: [account('b')] }, { kubernetesServiceAccounts: [account('b')] }, undefined],
  ])('%s', (_what, known, added, merged) => {
    const result = mergeCredentials(record(known), 'app', added, 7);
    expect(result).toEqual(merged && { lastUpdatedMs: 7, imageRef: 'x', credentials: new Map([['app', merged]]) });
  });

  it('keeps what it knows of the image under other names', () => {
    const result = mergeCredentials(record(recorded(secret('a'))), 'other', { nodePodsAccessible: true }, 7);
    expect([...(result?.credentials.keys() ?? [])]).toEqual(['app', 'other']);
  });
});
