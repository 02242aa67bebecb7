import { request as httpRequest, type OutgoingHttpHeaders, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { longTimeout } from '@solo-kubelet/timers';
import { StreamError } from './stream-error.js';

/** Where a streaming path is served: a unix socket, TLS with credentials, or plain HTTP (the runtime's own streaming server). */
export interface StreamEndpoint {
  readonly protocol: 'http:' | 'https:';
  /** Options for node:http(s).request: `socketPath`, or `host` and `port`, `ca`, `cert`, `key`, `rejectUnauthorized`. */
  readonly connection: RequestOptions & { readonly ca?: string; readonly rejectUnauthorized?: boolean };
  readonly headers?: OutgoingHttpHeaders;
}

export interface Upgraded {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** How long to wait for the answer to an upgrade, ms. */
const UPGRADE_TIMEOUT_MS = 30_000;
const MAX_REFUSAL_BYTES = 16_384;

/** Asks for an upgrade to SPDY/3.1 with one of Kubernetes' stream protocols. @throws StreamError with the server's own words when it refuses */
export const upgradeToSpdy = (endpoint: StreamEndpoint, path: string, protocol: string, signal: AbortSignal): Promise<Upgraded> =>
  new Promise((resolve, reject) => {
    const send = endpoint.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send({
      ...endpoint.connection,
      agent: false,
      method: 'POST',
      path,
      timeout: UPGRADE_TIMEOUT_MS,
      signal,
      headers: {
        ...endpoint.headers,
        Connection: 'Upgrade',
        Upgrade: 'SPDY/3.1',
        'X-Stream-Protocol-Version': protocol,
        'Content-Length': '0',
      },
    });
    request.once('upgrade', (_response, socket, head) => {
      cancelLimit();
      socket.setNoDelay(true);
      resolve({ socket, head });
    });
    request.once('response', (response) => {
      const refuse = (): void => {
        const text = Buffer.concat(chunks).subarray(0, MAX_REFUSAL_BYTES).toString('utf8').trim();
        reject(new StreamError({ code: 'STREAM_REFUSED', message: text === '' ? `the server answered ${response.statusCode}` : text }));
        request.destroy();
      };
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes >= MAX_REFUSAL_BYTES) refuse();
      });
      // Whole, broken off or too long: what came says best why there is no stream.
      response.once('close', refuse);
      response.on('error', refuse);
    });
    // The whole answer has to come in time, however often a part of it does.
    const cancelLimit = longTimeout(
      () => request.destroy(new Error(`no answer within ${UPGRADE_TIMEOUT_MS / 1_000} s`)),
      UPGRADE_TIMEOUT_MS,
      { ref: false },
    );
    request.on('error', reject);
    request.once('close', () => {
      cancelLimit();
      reject(new Error('the connection was lost before the answer'));
    });
    request.end();
  });
