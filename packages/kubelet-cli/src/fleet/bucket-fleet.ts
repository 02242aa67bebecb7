import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { type ListedKey, openBucket, parseBucketUrl } from '@solo-kubelet/verified-source';
import { CliError } from '../cli-error.js';
import { type FleetDocuments, gather, MAX_DOCUMENT_BYTES, MAX_DOCUMENTS, MAX_INDEX_BYTES, MAX_PARALLEL, TIMEOUT_MS } from './gather.js';
import { parseLines } from './parse-lines.js';

export interface BucketFleet {
  /** Safe to show. */
  readonly name: string;
  read(options: { readonly signal: AbortSignal }): Promise<FleetDocuments>;
  close(): void;
}

/** Reports below a prefix of a bucket: one listing, and what has changed since the last look. @throws CliError CLI_USAGE */
export const openBucketFleet = (where: string, { env }: { readonly env: Readonly<Record<string, string | undefined>> }): BucketFleet => {
  const url = parseBucketUrl(where);
  if ('error' in url) throw new CliError({ code: 'CLI_USAGE', message: url.error });
  const { name, key: prefix } = url;
  if (prefix !== '' && !prefix.endsWith('/'))
    throw new CliError({ code: 'CLI_USAGE', message: `${name}: end it with /: what is below is read, each .json and .jsonl` });
  const bucket = openBucket(url, {
    env,
    reader: 'this command',
    timeoutMs: TIMEOUT_MS,
    wallNow: Date.now,
    parallel: MAX_PARALLEL,
  });
  // By key: what was read of it, as its etag was.
  let known = new Map<string, { readonly etag: string; readonly documents: readonly unknown[] }>();
  const readKey = async ({ key, etag, size }: ListedKey, signal: AbortSignal): Promise<readonly unknown[]> => {
    const isLines = key.endsWith('.jsonl');
    const maxBytes = isLines ? MAX_INDEX_BYTES : MAX_DOCUMENT_BYTES;
    if (size > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
    const got = await bucket.get(key, { maxBytes, signal });
    if (got.type === 'failed') throw new Error(got.message);
    const text = Buffer.from(got.content).toString();
    const documents = isLines ? parseLines(text) : [parseBoundedJson(text)];
    if (etag !== '') known.set(key, { etag, documents });
    return documents;
  };
  return {
    name,
    read: async ({ signal }) => {
      const listed = await bucket.list(prefix, { maxKeys: MAX_DOCUMENTS, signal });
      if (listed.type === 'failed') throw new Error(listed.message);
      const keys = listed.keys.filter(({ key }) => IS_REPORT.test(key.slice(prefix.length)));
      const before = known;
      known = new Map();
      for (const { key, etag } of keys) {
        const old = before.get(key);
        if (old !== undefined && old.etag === etag) known.set(key, old);
      }
      const { documents, problems } = await gather(
        keys.map((one) => ({
          name: one.key.slice(prefix.length),
          read: async () => known.get(one.key)?.documents ?? readKey(one, signal),
        })),
        signal,
      );
      const cut = listed.isWhole ? [] : [`there are more than ${MAX_DOCUMENTS} keys: the others are left out`];
      return { documents, problems: [...problems, ...cut] };
    },
    close: () => bucket.close(),
  };
};

/** A file as of a directory: no part of its path is hidden. */
const IS_REPORT = /^(?:[^./][^/]*\/)*[^./][^/]*\.jsonl?$/;
