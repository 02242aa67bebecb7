import { createConnections } from '../connections.js';
import type { BucketServer } from '../core/bucket-address.js';
import { type ListedKey, parseListing } from '../core/bucket-listing.js';
import type { BucketUrl } from '../core/parse-bucket-url.js';
import { type BucketClient, bucketClient } from './bucket-client.js';
import type { FieldName } from './field-name.js';
import { putObject } from './put-object.js';
import { readAwsCredentials } from './read-aws-credentials.js';

export type { ListedKey } from '../core/bucket-listing.js';

/** `message`: with the name of what was asked for, and safe to show. `retryAfter`: that header, where the server asks for time. */
export interface BucketFailed {
  readonly type: 'failed';
  readonly message: string;
  readonly retryAfter?: string;
}

/** Small objects of a bucket. What the server does becomes an answer; only an abort, and files that can't be read, reject. */
export interface Bucket {
  /** Puts an object of JSON in the place of what was there. */
  put(key: string, content: string, options: { readonly signal: AbortSignal }): Promise<{ readonly type: 'done' } | BucketFailed>;
  /** What keys there are that begin with `prefix`, no more than `maxKeys`; `isWhole`: these are all. */
  list(
    prefix: string,
    options: { readonly maxKeys: number; readonly signal: AbortSignal },
  ): Promise<{ readonly type: 'keys'; readonly keys: readonly ListedKey[]; readonly isWhole: boolean } | BucketFailed>;
  get(
    key: string,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<{ readonly type: 'content'; readonly content: Uint8Array } | BucketFailed>;
  close(): void;
}

export interface OpenBucketOptions {
  /** Where credentials are looked for beside the file that is named. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whose environment that is, for messages. Default `the kubelet`. */
  readonly reader?: string;
  /** Limit of one request with its answer, ms. */
  readonly timeoutMs: number;
  /** The machine's clock, ms since 1970: a server refuses what is signed at another time than its own. */
  readonly wallNow: () => number;
  /** Most connections at a time. Default 1. */
  readonly parallel?: number;
}

/** A page has at most 1,000 keys of at most 1,024 bytes, each of which may take three. */
const MAX_PAGE_BYTES = 8 << 20;

/** Most of a key of somebody else's that a message shows, characters. */
const MAX_SHOWN = 200;

const option: FieldName = (field) => `the option ${field}`;

/** A bucket by its URL. Files of credentials and certificates are read with every call, so that one that is replaced needs no restart. */
export const openBucket = (url: BucketUrl, { env, reader, timeoutMs, wallNow, parallel = 1 }: OpenBucketOptions): Bucket => {
  const connections = createConnections(url, undefined, { parallel });
  const { bucket, endpoint, pathStyle, region = 'us-east-1' } = url;
  const server: BucketServer = { region, ...(endpoint !== undefined && { endpoint }), ...(pathStyle !== undefined && { pathStyle }) };
  const shown = (key: string): string => `s3://${bucket}/${key}`;
  const accessOf = async () => {
    const credentials = await readAwsCredentials(url, env, { fieldName: option, ...(reader !== undefined && { reader }) });
    return { server, bucket, credentials, way: await connections.open(), timeoutMs, wallNow, fieldName: option };
  };
  const clientOf = async (signal: AbortSignal): Promise<BucketClient> => {
    const access = await accessOf();
    signal.throwIfAborted();
    return bucketClient({ ...access, signal });
  };
  return {
    put: async (key, content, { signal }) => {
      const access = await accessOf();
      signal.throwIfAborted();
      const put = await putObject({ ...access, key, content, signal });
      return put.type === 'failed' ? { ...put, message: `${shown(key)}: ${put.message}` } : put;
    },
    list: async (prefix, { maxKeys, signal }) => {
      const get = await clientOf(signal);
      const what = `${shown(prefix)}: its listing`;
      const keys: ListedKey[] = [];
      const seen = new Set<string>();
      for (let next: string | undefined; ; ) {
        const query = { 'list-type': '2', prefix, 'encoding-type': 'url', ...(next !== undefined && { 'continuation-token': next }) };
        const answer = await get({ key: '', query: Object.entries(query), maxBytes: MAX_PAGE_BYTES });
        signal.throwIfAborted();
        if (answer.type === 'failed') return { type: 'failed', message: `${what}: ${answer.message}` };
        if (answer.status !== 200) return { type: 'failed', message: `${what}: answered ${answer.said}` };
        const page = parseListing(Buffer.from(answer.body).toString());
        if (page === undefined) return { type: 'failed', message: `${what} is no answer to ListObjectsV2` };
        const foreign = page.keys.find(({ key }) => !key.startsWith(prefix));
        // Whoever lists what nobody asked for could do so without end.
        if (foreign !== undefined)
          return {
            type: 'failed',
            message: `${what} has a key that does not begin so: ${JSON.stringify(foreign.key.slice(0, MAX_SHOWN))}`,
          };
        keys.push(...page.keys);
        if (keys.length > maxKeys) return { type: 'keys', keys: keys.slice(0, maxKeys), isWhole: false };
        next = page.next;
        if (next === undefined) return { type: 'keys', keys, isWhole: true };
        // A page without keys, or one that was there before, leads nowhere.
        if (page.keys.length === 0 || seen.has(next)) return { type: 'failed', message: `${what} does not come to an end` };
        seen.add(next);
      }
    },
    get: async (key, { maxBytes, signal }) => {
      const answer = await (await clientOf(signal))({ key, maxBytes });
      signal.throwIfAborted();
      if (answer.type === 'failed') return { type: 'failed', message: `${shown(key)}: ${answer.message}` };
      return answer.status === 200
        ? { type: 'content', content: answer.body }
        : { type: 'failed', message: `${shown(key)}: answered ${answer.said}` };
    },
    close: () => connections.close(),
  };
};
