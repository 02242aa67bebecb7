import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { type FetchedManifest, fetchManifest, openResponse, redactUrl } from '@solo-kubelet/manifest-source';
import type { SourceRecord } from '../answer-store.js';
import { createConnections, type Way } from '../connections.js';
import type { SourceDefinition } from '../core/source-definition.js';
import { REASONS, requestFailed } from './failures.js';
import { fileHeaders } from './file-headers.js';
import { type FetchedBeside, type FileRequest, MAX_BESIDE_BYTES, type OpenedFile, type Place } from './place.js';

export interface WebPlaceOptions {
  readonly source: SourceDefinition;
  /** The URL without user name and password, and what these come to. */
  readonly url: string;
  readonly authorization: string | undefined;
}

/** A web server. A redirect to another one is followed only where nobody has to be shown a credential. */
export const webPlace = ({ source, url, authorization }: WebPlaceOptions): Place => {
  const connections = createConnections(source, authorization);
  return {
    open: async (signal) => {
      const way = await connections.open();
      return {
        content: async (validators) => {
          const answer = await get(source, way, url, source.maxBytes, validators, signal);
          if (answer.type === 'notModified') return answer;
          if (answer.type === 'failed') return { type: 'failed', reason: REASONS[answer.why], message: answer.message };
          return { type: 'content', content: answer.text, validators: answer.validators };
        },
        beside: async (suffix) => beside(source, way, url, suffix, signal),
        file: async (request) => openFile(way, fileUrl(url, request.path), request),
      };
    },
    close: connections.close,
  };
};

/** What vouches for the source at its server vouches for its files there, in a query, too. */
const fileUrl = (text: string, path: string): string => {
  const url = new URL(path, text);
  url.search = new URL(text).search;
  return url.href;
};

const openFile = async (way: Way, url: string, { range, signal }: FileRequest): Promise<OpenedFile> => {
  const where = redactUrl(url);
  const opened = await openResponse({
    url,
    headers: [...way.headers, ...fileHeaders(range)],
    foreignRedirects: way.hasCredentials ? 'refuse' : 'withHeaders',
    connections: way.connections,
    signal,
  });
  return opened.type === 'opened' ? { ...opened, where } : requestFailed(where, opened);
};

const beside = async (source: SourceDefinition, way: Way, url: string, suffix: string, signal: AbortSignal): Promise<FetchedBeside> => {
  const { signatureUrl } = source;
  if (signatureUrl !== undefined && way.hasCredentials && parseUrl(signatureUrl)?.origin !== parseUrl(url)?.origin) {
    return {
      type: 'failed',
      reason: 'CredentialsUnusable',
      message: 'spec.verification.signatureURL is on another server than the one that the credentials are for',
    };
  }
  const where = signatureUrl ?? withSuffix(url, suffix);
  const answer = await get(source, way, where, MAX_BESIDE_BYTES, {}, signal);
  if (answer.type === 'body') return { type: 'found', texts: [answer.text] };
  if (answer.type === 'notModified' || answer.why === 'missing') return { type: 'missing', where: redactUrl(where) };
  return { type: 'failed', reason: REASONS[answer.why], message: answer.message };
};

const get = (
  source: SourceDefinition,
  way: Way,
  url: string,
  maxBytes: number,
  validators: SourceRecord['validators'],
  signal: AbortSignal,
): Promise<FetchedManifest> =>
  fetchManifest({
    url,
    shownUrl: redactUrl(url),
    headers: way.headers,
    validators,
    timeoutMs: source.timeoutMs,
    maxBytes,
    foreignRedirects: way.hasCredentials ? 'refuse' : 'withoutHeaders',
    connections: way.connections,
    signal,
  });

/** The suffix goes behind the path, not behind a query. */
const withSuffix = (text: string, suffix: string): string => {
  const url = parseUrl(text);
  if (url === undefined) return text;
  url.pathname += suffix;
  return url.href;
};
