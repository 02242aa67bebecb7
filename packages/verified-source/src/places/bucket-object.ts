import type { SourceRecord } from '../answer-store.js';
import { type BucketAnswer, type BucketClient, codeOf } from './bucket-client.js';
import { failed, requestFailed } from './failures.js';
import { type FetchedBeside, type FetchedContent, MAX_BESIDE_BYTES } from './place.js';

const isMissing = (answer: BucketAnswer): boolean =>
  answer.type === 'answered' &&
  // Who may not list a bucket is not told what is not in it.
  (answer.status === 404 || (answer.status === 403 && codeOf(answer.body) === 'AccessDenied'));

/** One object. `shown`: as it may be shown; `etag`: of what is known already. */
export const getObject = async (
  get: BucketClient,
  key: string,
  { shown, etag, maxBytes }: { readonly shown: string; readonly etag: string | undefined; readonly maxBytes: number },
): Promise<FetchedContent> => {
  const answer = await get({ key, etag, maxBytes });
  if (answer.type === 'failed') return requestFailed(shown, answer);
  if (answer.status === 304 && etag !== undefined) return { type: 'notModified' };
  if (answer.status === 304)
    return failed('HttpError', `${shown}: answered 304 (not modified), and there is nothing here that it could mean`);
  if (answer.status !== 200) return failed(answer.status === 404 ? 'NotFound' : 'HttpError', `${shown}: answered ${answer.said}`);
  if (answer.body.length === 0) return failed('Empty', `${shown}: it is empty; its Pods keep running (an empty PodList would remove them)`);
  return { type: 'content', content: answer.body, validators: validatorsOf(answer.header('etag')) };
};

const validatorsOf = (etag: string | undefined): SourceRecord['validators'] => (etag === undefined ? {} : { etag });

/** A small object beside another one. */
export const getBeside = async (get: BucketClient, key: string, shown: (key: string) => string): Promise<FetchedBeside> => {
  const answer = await get({ key, maxBytes: MAX_BESIDE_BYTES });
  if (answer.type === 'failed') return requestFailed(shown(key), answer);
  if (isMissing(answer)) return { type: 'missing', where: shown(key) };
  if (answer.status !== 200) return failed('HttpError', `${shown(key)}: answered ${answer.said}`);
  return answer.body.length === 0 ? failed('Empty', `${shown(key)}: it is empty`) : { type: 'found', texts: [answer.body] };
};
