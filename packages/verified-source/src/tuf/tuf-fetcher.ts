import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonNestsDeeper, MAX_JSON_LEVELS } from '@solo-kubelet/diagnostics/nesting';
import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { type RequestFailure, redactUrl, requestBytes } from '@solo-kubelet/manifest-source';
import type { Fetcher } from 'tuf-js';
import type { Way } from '../connections.js';
import type { SourceDefinition } from '../core/source-definition.js';
import type { SourceReason } from '../core/source-status.js';
import type { FetchFailed } from '../places/place.js';
import type { TufState } from './tuf-state.js';

const REASONS: Readonly<Record<RequestFailure, SourceReason>> = {
  unreachable: 'Unreachable',
  untrusted: 'CertificateUntrusted',
  slow: 'TooSlow',
  redirect: 'RedirectRefused',
  large: 'TooLarge',
};

/** Most that a file of metadata may have, bytes, whatever another one says of its length. */
const MAX_METADATA_BYTES = 1024 * 1024;

export interface TufFetcherOptions {
  readonly source: Pick<SourceDefinition, 'timeoutMs'>;
  readonly way: Way;
  readonly signal: AbortSignal;
  /** Where a target may be laid down for a moment. */
  readonly directory: string;
  readonly state: TufState;
  /** ETag of the timestamp in `state`. */
  readonly timestampTag: string | undefined;
}

/** What the library of TUF downloads by: with the connections, the credentials and the limits of the source, and past what is known already. */
export interface TufFetcher extends Fetcher {
  /** Why a download failed, where one did. */
  failure(): FetchFailed | undefined;
  /** Roots that were given, whether or not they were good. */
  readonly roots: ReadonlyMap<number, string>;
  /** The timestamp that was given, and its ETag. */
  timestamp(): { readonly text: string; readonly tag: string | undefined } | undefined;
  /** The last metadata that were given. */
  last(): { readonly role: string; readonly bytes: Buffer } | undefined;
}

export const createTufFetcher = async (options: TufFetcherOptions): Promise<TufFetcher> => {
  const { source, way, signal, directory, state } = options;
  const { DownloadHTTPError } = await import('tuf-js/dist/error.js');
  const roots = new Map<number, string>();
  let failure: FetchFailed | undefined;
  let last: { readonly role: string; readonly bytes: Buffer } | undefined;
  let given: { readonly text: string; readonly tag: string | undefined } | undefined;

  const failed = (url: string, reason: SourceReason, message: string): Error => {
    failure = { type: 'failed', reason, message: `${redactUrl(url)}: ${message}` };
    return new Error(failure.message);
  };

  /** Undefined where the server knows that nothing changed. */
  const download = async (
    url: string,
    maxBytes: number,
    isMetadata: boolean,
    tag?: string,
  ): Promise<{ bytes: Buffer; tag: string | undefined } | undefined> => {
    const answer = await requestBytes({
      url,
      headers: [...way.headers, ...(tag === undefined ? [] : [['If-None-Match', tag] as const])],
      timeoutMs: source.timeoutMs,
      maxBytes,
      foreignRedirects: way.hasCredentials ? 'refuse' : 'withoutHeaders',
      connections: way.connections,
      signal,
    });
    if (answer.type === 'failed') throw failed(url, REASONS[answer.why], answer.message);
    if (answer.status === 304 && tag !== undefined) return undefined;
    if (answer.status === 200) {
      const bytes = Buffer.from(answer.body);
      // The library writes what was signed anew, which recurses, before it knows who signed.
      if (isMetadata && jsonNestsDeeper(bytes.toString(), MAX_JSON_LEVELS))
        throw failed(url, 'TooLarge', `it nests deeper than ${MAX_JSON_LEVELS} levels`);
      return { bytes, tag: answer.header('etag') };
    }
    const isMissing = answer.status === 404 || answer.status === 410;
    const problem = failed(url, isMissing ? 'NotFound' : 'HttpError', `answered ${answer.statusLine}`);
    // A bucket that may not be listed says 403 for what is not there.
    throw isMissing || answer.status === 403 ? new DownloadHTTPError(problem.message, 404) : problem;
  };

  const nextRoot = async (url: string, version: number, maxBytes: number): Promise<Buffer> => {
    const known = Object.hasOwn(state.roots, version) ? state.roots[version] : undefined;
    try {
      const bytes = known === undefined ? (await download(url, maxBytes, true))?.bytes : Buffer.from(known);
      roots.set(version, bytes?.toString() ?? '');
      return bytes ?? Buffer.alloc(0);
    } catch (error) {
      // That there is none is how it ends.
      if (error instanceof DownloadHTTPError) failure = undefined;
      throw error;
    }
  };

  const timestamp = async (url: string, maxBytes: number): Promise<Buffer> => {
    const known = state.timestamp === undefined ? undefined : options.timestampTag;
    const { bytes, tag } = (await download(url, maxBytes, true, known)) ?? { bytes: Buffer.from(state.timestamp ?? ''), tag: known };
    given = { text: bytes.toString(), tag };
    return bytes;
  };

  const metadata = async (url: string, maxBytes: number): Promise<Buffer> => {
    const name = decodeURIComponent(parseUrl(url)?.pathname.split('/').at(-1) ?? '');
    const [, version, role = ''] = /^(?:(\d+)\.)?(.+)\.json$/.exec(name) ?? [];
    if (role === 'root' && version !== undefined) return nextRoot(url, Number(version), maxBytes);
    const bytes = role === 'timestamp' ? await timestamp(url, maxBytes) : ((await download(url, maxBytes, true))?.bytes ?? Buffer.alloc(0));
    last = { role, bytes };
    return bytes;
  };

  return {
    downloadBytes: (url, maxLength) => metadata(url, Math.min(maxLength, MAX_METADATA_BYTES)),
    downloadFile: async (url, maxLength, handler) => {
      const path = join(directory, 'download');
      await writeFile(path, (await download(url, maxLength, false))?.bytes ?? '');
      return handler(path);
    },
    failure: () => failure,
    roots,
    timestamp: () => given,
    last: () => last,
  };
};
