import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { type FetchedManifest, type FetchFailure, fetchManifest, redactUrl } from '@solo-kubelet/manifest-source';
import type { SourceRecord } from './answer-store.js';
import type { Way } from './connections.js';
import type { SourceDefinition } from './core/source-definition.js';
import type { SourceReason } from './core/source-status.js';
import type { VerificationKey } from './verification-keys.js';
import type { DetachedSignature } from './verify-answer.js';

export type FetchedAnswer =
  | {
      readonly type: 'answer';
      readonly content: Uint8Array;
      readonly signature?: DetachedSignature;
      readonly validators: SourceRecord['validators'];
    }
  | { readonly type: 'notModified' }
  | { readonly type: 'failed'; readonly reason: SourceReason; readonly message: string };

export interface FetchAnswerOptions {
  readonly source: SourceDefinition;
  /** The URL without user name and password. */
  readonly url: string;
  readonly way: Way;
  readonly keys: readonly VerificationKey[];
  readonly validators: SourceRecord['validators'];
  readonly signal: AbortSignal;
}

const MAX_SIGNATURE_BYTES = 16 * 1024;

const REASONS: Readonly<Record<FetchFailure, SourceReason>> = {
  unreachable: 'Unreachable',
  untrusted: 'CertificateUntrusted',
  slow: 'TooSlow',
  missing: 'NotFound',
  status: 'HttpError',
  redirect: 'RedirectRefused',
  empty: 'Empty',
  large: 'TooLarge',
};

/** What a source answers, with its signature where one is required. Never rejects. */
export const fetchAnswer = async (options: FetchAnswerOptions): Promise<FetchedAnswer> => {
  const { source, url, keys, validators } = options;
  const answer = await get(options, url, source.maxBytes, validators);
  if (answer.type === 'notModified') return answer;
  if (answer.type === 'failed') return { type: 'failed', reason: REASONS[answer.why], message: answer.message };
  const found = { type: 'answer' as const, content: answer.text, validators: answer.validators };
  if (source.require !== 'signature') return found;
  if (source.signatureUrl !== undefined && options.way.hasCredentials && parseUrl(source.signatureUrl)?.origin !== parseUrl(url)?.origin) {
    return {
      type: 'failed',
      reason: 'CredentialsUnusable',
      message: 'spec.verification.signatureURL is on another server than the one that the credentials are for',
    };
  }
  const tried: string[] = [];
  for (const type of kindsOf(keys)) {
    const signatureUrl = source.signatureUrl ?? withSuffix(url, type === 'minisign' ? '.minisig' : '.sig');
    const signature = await get(options, signatureUrl, MAX_SIGNATURE_BYTES, {});
    if (signature.type === 'body') {
      const text = Buffer.from(signature.text).toString();
      // Where the source says where its signature is, the signature says of which kind it is.
      return { ...found, signature: { type: source.signatureUrl === undefined ? type : kindOf(text), text } };
    }
    if (signature.type === 'failed' && signature.why !== 'missing') {
      return { type: 'failed', reason: REASONS[signature.why], message: `its signature: ${signature.message}` };
    }
    tried.push(redactUrl(signatureUrl));
    if (source.signatureUrl !== undefined) break;
  }
  return { type: 'failed', reason: 'SignatureMissing', message: `there is no signature at ${tried.join(', nor at ')}` };
};

const get = (
  { source, way, signal }: FetchAnswerOptions,
  url: string,
  maxBytes: number,
  validators: SourceRecord['validators'],
): Promise<FetchedManifest> =>
  fetchManifest({
    url,
    shownUrl: redactUrl(url),
    headers: way.headers,
    validators,
    timeoutMs: source.timeoutMs,
    maxBytes,
    foreignRedirects: way.hasCredentials ? 'refuse' : 'withoutHeaders',
    dispatcher: async () => way.agent,
    signal,
  });

const kindsOf = (keys: readonly VerificationKey[]): readonly VerificationKey['type'][] =>
  (['minisign', 'ssh'] as const).filter((type) => keys.some((key) => key.type === type));

const kindOf = (text: string): VerificationKey['type'] => (text.startsWith('-----BEGIN SSH SIGNATURE') ? 'ssh' : 'minisign');

/** The suffix goes behind the path, not behind a query. */
const withSuffix = (text: string, suffix: string): string => {
  const url = parseUrl(text);
  if (url === undefined) return text;
  url.pathname += suffix;
  return url.href;
};
