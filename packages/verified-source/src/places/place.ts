import type { OpenedResponse } from '@solo-kubelet/manifest-source';
import type { SourceRecord } from '../answer-store.js';
import type { SourceReason } from '../core/source-status.js';

export interface FetchFailed {
  readonly type: 'failed';
  readonly reason: SourceReason;
  readonly message: string;
}

export type FetchedContent =
  | {
      readonly type: 'content';
      readonly content: Uint8Array;
      /** Of an artifact: its manifest, which names the digest of the content. */
      readonly manifest?: Uint8Array;
      /** What the server is asked with next time, so that it may answer that nothing changed. */
      readonly validators: SourceRecord['validators'];
    }
  | { readonly type: 'notModified' }
  | FetchFailed;

export type FetchedBeside =
  /** Usually one; a registry may hold several of one name. */
  | { readonly type: 'found'; readonly texts: readonly Uint8Array[] }
  /** `where`: as it may be shown. */
  | { readonly type: 'missing'; readonly where: string }
  | FetchFailed;

/** The head of a file's answer, and its body as it comes. */
export type OpenedFile = (OpenedResponse & { readonly type: 'opened'; readonly where: string }) | FetchFailed;

export interface FileRequest {
  /** Relative to the directory of the content: see `relativePath`. */
  readonly path: string;
  /** Value of the header Range. Default: all of it. */
  readonly range: string | undefined;
  readonly signal: AbortSignal;
}

/** A place, asked in one check of its source. It gives bytes and vouches for none of them; whatever the server does, it never rejects. */
export interface Inquiry {
  /** What the source answers. `validators`: those of what is known already; empty where nothing is. */
  content(validators: SourceRecord['validators']): Promise<FetchedContent>;
  /** A small file that lies beside the content that was just given and has its name with `suffix` behind, such as `.minisig`. */
  beside(suffix: string): Promise<FetchedBeside>;
  /** A file of any size in the directory of the content or below. Default: the place has no files beside what it answers. */
  readonly file?: (request: FileRequest) => Promise<OpenedFile>;
}

/** Where the answer of a source comes from: a web server, a bucket, a registry. */
export interface Place {
  /**
   * Reads the files of certificates and credentials, so that one that is replaced needs no restart.
   * @throws (rejects) VerifiedSourceError SOURCE_FILE_UNREADABLE
   */
  open(signal: AbortSignal): Promise<Inquiry>;
  /** Lets go of connections. */
  close(): void;
}

/** Most that a file beside an answer may have, bytes: bundles of Sigstore tell of transparency logs as well. */
export const MAX_BESIDE_BYTES = 64 * 1024;
