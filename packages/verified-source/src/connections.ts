import { createHash } from 'node:crypto';
import { describeError } from '@solo-kubelet/diagnostics';
import { type HttpConnections, httpConnections, readRequestHeaders } from '@solo-kubelet/manifest-source';
import { readRegular } from '@solo-kubelet/untrusted-files';
import type { SourceDefinition } from './core/source-definition.js';
import { VerifiedSourceError } from './verified-source-error.js';

/** How a source is asked: over which connections, and as whom. */
export interface Way {
  readonly connections: HttpConnections;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Whether anything in it may be shown to that server alone. */
  readonly hasCredentials: boolean;
}

export interface Connections {
  /** Files are read each time, so that one that is replaced needs no restart. @throws (rejects) VerifiedSourceError SOURCE_FILE_UNREADABLE */
  open(): Promise<Way>;
  close(): void;
}

const MAX_PEM_BYTES = 1024 * 1024;
const MAX_HEADERS_BYTES = 64 * 1024;

type Files = Pick<SourceDefinition, 'caFile' | 'certFile' | 'keyFile' | 'headersFile'>;

/** `parallel`: most connections to one server at a time. Default 1. */
export const createConnections = (
  { caFile, certFile, keyFile, headersFile }: Files,
  authorization?: string,
  { parallel = 1 }: { readonly parallel?: number } = {},
): Connections => {
  let opened: { readonly digest: string; readonly connections: HttpConnections } | undefined;
  return {
    open: async () => {
      const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map((path) => readFileOf(path, MAX_PEM_BYTES)));
      const given = headersFile === undefined ? {} : parseHeaders(await readFileOf(headersFile, MAX_HEADERS_BYTES), headersFile);
      const headers = readRequestHeaders({ ...(authorization === undefined ? {} : { authorization }), ...given });
      const hash = createHash('sha256');
      for (const part of [ca, cert, key]) hash.update(`${part?.length ?? 'none'}\n`).update(part ?? '');
      const digest = hash.digest('hex');
      if (opened?.digest !== digest) {
        opened?.connections.close();
        opened = undefined;
        const connections = httpConnections({ parallel, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
        try {
          if (ca ?? cert ?? key) connections.readCertificates();
        } catch (error) {
          throw unreadable(`the files of the certificates can't be used: ${describeError(error)}`, error);
        }
        opened = { digest, connections };
      }
      return { connections: opened.connections, headers, hasCredentials: headers.length > 0 || cert !== undefined };
    },
    close: () => opened?.connections.close(),
  };
};

/** `Name: value` on a line; empty lines and those that begin with `#` are passed over. */
const parseHeaders = (text: Buffer | undefined, path: string): Record<string, string[]> => {
  const headers = new Map<string, string[]>();
  for (const [index, line] of (text?.toString() ?? '').split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\0]*)$/.exec(line) ?? [];
    // The line itself is a secret.
    if (name === undefined || value === undefined) throw unreadable(`${path}:${index + 1}: want Name: value`);
    headers.set(name, [...(headers.get(name) ?? []), value.replace(/^[ \t]+|(?<![ \t])[ \t]+$/g, '')]);
  }
  return Object.fromEntries(headers);
};

const readFileOf = async (path: string | undefined, maxBytes: number): Promise<Buffer | undefined> => {
  if (path === undefined) return undefined;
  try {
    return await readRegular(path, { followLinks: true, maxBytes });
  } catch (error) {
    throw unreadable(`cannot read ${path}: ${describeError(error)}`, error);
  }
};

const unreadable = (message: string, cause?: unknown): VerifiedSourceError =>
  new VerifiedSourceError({ code: 'SOURCE_FILE_UNREADABLE', message, cause });
