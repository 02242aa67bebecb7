import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { describeError } from '@solo-kubelet/diagnostics';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { AcmeFailure } from './acme-failure.js';

export interface AcmeReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface AcmeRequestOptions {
  /** Certificates in PEM form of those who vouch for the server; undefined: those that Node.js knows. */
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
  /** A signed text, sent by POST. */
  readonly body?: string;
  /** Default GET, or POST where there is a body. */
  readonly method?: 'GET' | 'HEAD';
}

const REQUEST_MS = 30_000;
const MOST_BYTES = 1024 * 1024;

/** One request to an ACME server, by TLS. @throws AcmeFailure `unreachable` where nobody answers within 30 s, or with 5xx */
export const acmeRequest = async (url: string, { ca, signal, body, method = 'GET' }: AcmeRequestOptions): Promise<AcmeReply> => {
  const parsed = parseUrl(url);
  if (parsed?.protocol !== 'https:') throw new AcmeFailure('refused', `${JSON.stringify(url)} is no URL of https`);
  using limit = joinSignals([signal, timeoutSignal(REQUEST_MS)]);
  const reply = await new Promise<AcmeReply>((resolve, reject) => {
    const sent = request(parsed, {
      method: body === undefined ? method : 'POST',
      agent: false,
      signal: limit.signal,
      ...(ca !== undefined && { ca }),
      headers: { 'user-agent': 'solo-kubelet', ...(body !== undefined && { 'content-type': 'application/jose+json' }) },
    });
    sent.on('error', reject);
    sent.on('response', (incoming) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      incoming.on('error', reject);
      incoming.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > MOST_BYTES) sent.destroy(new Error(`an answer of more than ${MOST_BYTES} bytes`));
        else parts.push(part);
      });
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(parts).toString('utf8') }),
      );
    });
    sent.end(body);
  }).catch((cause: unknown) => {
    const why = limit.signal.aborted && !signal.aborted ? `no answer in ${REQUEST_MS / 1_000} s` : describeError(cause);
    throw new AcmeFailure('unreachable', `${parsed.host}: ${why}`, { cause });
  });
  if (reply.status >= 500)
    throw new AcmeFailure('unreachable', `${parsed.host} answers with ${reply.status}`, { retryAfterMs: retryAfterMs(reply) });
  return reply;
};

/** As a header `Retry-After` in seconds says it, ms. A date is not used: it would need both clocks to be right. */
export const retryAfterMs = ({ headers }: AcmeReply): number | undefined => {
  const text = headers['retry-after'] ?? '';
  return /^\d+$/.test(text) ? Number(text) * 1_000 : undefined;
};

/** The JSON object of an answer; fields of it may be anything. @throws AcmeFailure */
export const jsonOf = ({ body }: AcmeReply, what: string): Readonly<Record<string, unknown>> => {
  let value: unknown;
  try {
    value = parseBoundedJson(body);
  } catch (cause) {
    throw new AcmeFailure('refused', `${what} is no JSON`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new AcmeFailure('refused', `${what} is no object`);
  return value as Readonly<Record<string, unknown>>;
};

/** A field that has to be a text. @throws AcmeFailure */
export const textIn = (object: Readonly<Record<string, unknown>>, field: string, what: string): string => {
  const value = object[field];
  if (typeof value !== 'string') throw new AcmeFailure('refused', `${what} has no ${field}`);
  return value;
};
