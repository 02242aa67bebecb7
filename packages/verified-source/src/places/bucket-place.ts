import { joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { createConnections } from '../connections.js';
import { CHECKSUM_LIST } from '../core/checksum-list.js';
import type { SourceDefinition } from '../core/source-definition.js';
import { type BucketClient, type BucketClientOptions, bucketClient, openObject } from './bucket-client.js';
import { getDirectory } from './bucket-directory.js';
import { getBeside, getObject } from './bucket-object.js';
import { failed, requestFailed } from './failures.js';
import type { Place } from './place.js';
import { readAwsCredentials } from './read-aws-credentials.js';

export interface BucketPlaceOptions {
  readonly source: SourceDefinition;
  readonly bucket: string;
  readonly key: string;
  /** Environment of the kubelet, for credentials. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly wallNow: () => number;
}

/** An object of a bucket, or all the manifests below a prefix. */
export const bucketPlace = ({ source, bucket, key, env, wallNow }: BucketPlaceOptions): Place => {
  const connections = createConnections(source);
  const { timeoutMs, maxBytes } = source;
  const { region = 'us-east-1', ...server } = source.s3 ?? {};
  const accessOf = async (signal: AbortSignal): Promise<Omit<BucketClientOptions, 'timeoutMs' | 'signal'>> => {
    const credentials = await readAwsCredentials(source.s3, env);
    const way = await connections.open();
    signal.throwIfAborted();
    return { server: { region, ...server }, bucket, credentials, way, wallNow };
  };
  const isDirectory = key === '' || key.endsWith('/');
  return {
    open: async (signal) => {
      const access = await accessOf(signal);
      const client = (each: AbortSignal): BucketClient => bucketClient({ ...access, timeoutMs, signal: each });
      const get = client(signal);
      const shown = (name: string): string => `s3://${bucket}/${name}`;
      return {
        content: async (validators) => {
          if (!isDirectory) return getObject(get, key, { shown: shown(key), etag: validators.etag, maxBytes });
          // One limit for all the files: a slow server must not hold a check up for as many times as there are files.
          const limit = timeoutSignal(timeoutMs);
          using joined = joinSignals([signal, limit]);
          const found = await getDirectory({
            get: client(joined.signal),
            prefix: key,
            shown,
            maxBytes,
            etag: validators.etag,
            byList: source.require !== 'none',
          });
          return limit.aborted && found.type === 'failed'
            ? failed('TooSlow', `${shown(key)}: its files did not come within ${timeoutMs / 1_000} s`)
            : found;
        },
        beside: (suffix) => getBeside(get, (isDirectory ? key + CHECKSUM_LIST : key) + suffix, shown),
        file: async (request) => {
          const name = key.slice(0, key.lastIndexOf('/') + 1) + request.path;
          const opened = await openObject(access, name, request);
          return opened.type === 'opened' ? { ...opened, where: shown(name) } : requestFailed(shown(name), opened);
        },
      };
    },
    close: connections.close,
  };
};
