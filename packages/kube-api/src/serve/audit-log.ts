import { randomUUID } from 'node:crypto';
import { open, rename, stat } from 'node:fs/promises';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';

/** One request, as audit.k8s.io/v1 has it at level Metadata: who asked for what, never what was in it. */
export interface AuditedRequest {
  readonly requestUri: string;
  readonly verb: string;
  readonly user: { readonly username: string; readonly groups: readonly string[] };
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly objectRef?: {
    readonly resource: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
    readonly apiVersion: string;
    readonly subresource?: string;
  };
  readonly code: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** The file is renamed to NAME.1 at this size, bytes, in place of the one before. */
const MAX_BYTES = 10 * 1024 * 1024;
/** Lines that wait for a slow disk; what comes beyond is counted and not kept. */
const MAX_WAITING = 10_000;
const MAX_TEXT = 512;

const timeOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 23)}000Z`;

const lineOf = ({ requestUri, verb, user, sourceIp, userAgent, objectRef, code, startMs, endMs }: AuditedRequest): string =>
  `${JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: randomUUID(),
    stage: 'ResponseComplete',
    requestURI: requestUri.slice(0, MAX_TEXT),
    verb,
    user,
    sourceIPs: [sourceIp],
    userAgent: userAgent.slice(0, MAX_TEXT),
    ...(objectRef && { objectRef }),
    responseStatus: { metadata: {}, code },
    requestReceivedTimestamp: timeOf(startMs),
    stageTimestamp: timeOf(endMs),
  })}\n`;

export interface AuditLog {
  readonly record: (request: AuditedRequest) => void;
  /** Settles when what was recorded is written. */
  readonly flush: () => Promise<void>;
}

/** Appends JSON lines to a file (0600) and keeps one older file beside it. A disk that fails costs lines, never requests. */
export const createAuditLog = (path: string, logger: Logger): AuditLog => {
  let waiting: string[] = [];
  let lost = 0;
  let writing: Promise<void> | undefined;
  let failed = false;
  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const text = waiting.join('');
      waiting = [];
      const size = await stat(path).then(
        ({ size: bytes }) => bytes,
        () => 0,
      );
      if (size > MAX_BYTES) await rename(path, `${path}.1`);
      const file = await open(path, 'a', 0o600);
      try {
        await file.writeFile(text);
      } finally {
        await file.close();
      }
      if (lost > 0) logger.warn({ count: lost }, 'Audit records were lost: the disk is too slow');
      lost = 0;
      failed = false;
    }
  };
  return {
    record: (request) => {
      if (waiting.length >= MAX_WAITING) {
        lost += 1;
        return;
      }
      waiting.push(lineOf(request));
      writing ??= write()
        .catch((error: unknown) => {
          if (!failed) logger.error({ path, err: describeError(error) }, 'The audit log cannot be written');
          failed = true;
        })
        .finally(() => {
          writing = undefined;
        });
    },
    flush: async () => {
      await writing;
    },
  };
};
