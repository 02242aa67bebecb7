import type { FetchFailure, RequestFailure } from '@solo-kubelet/manifest-source';
import type { SourceReason } from '../core/source-status.js';
import type { FetchFailed } from './place.js';

/** Reasons of a source for what a request can come to. */
export const REASONS: Readonly<Record<FetchFailure, SourceReason>> = {
  unreachable: 'Unreachable',
  untrusted: 'CertificateUntrusted',
  slow: 'TooSlow',
  missing: 'NotFound',
  status: 'HttpError',
  redirect: 'RedirectRefused',
  empty: 'Empty',
  large: 'TooLarge',
};

export const failed = (reason: SourceReason, message: string): FetchFailed => ({ type: 'failed', reason, message });

/** `what`: the URL, or a word for it, as it may be shown. */
export const requestFailed = (what: string, { why, message }: { readonly why: RequestFailure; readonly message: string }): FetchFailed =>
  failed(REASONS[why], `${what}: ${message}`);
