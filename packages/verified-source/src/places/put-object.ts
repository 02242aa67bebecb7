import { describeError } from '@solo-kubelet/diagnostics';
import { joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { objectUrl } from '../core/bucket-address.js';
import { type BucketClientOptions, MAX_ERROR_BYTES, saidOf } from './bucket-client.js';
import { signRequest } from './sign-request.js';

export interface PutObjectOptions extends BucketClientOptions {
  readonly key: string;
  readonly content: string;
}

export type PutObject = { readonly type: 'done' } | { readonly type: 'failed'; readonly message: string; readonly retryAfter?: string };

/** One PUT, signed where there are credentials. A redirect is a failure: what is sent is for the server that was named. Rejects where it is aborted. */
export const putObject = async ({
  server,
  bucket,
  credentials,
  way,
  timeoutMs,
  wallNow,
  signal,
  fieldName,
  key,
  content,
}: PutObjectOptions): Promise<PutObject> => {
  const url = objectUrl(server, bucket, key);
  const signed =
    credentials === undefined
      ? []
      : await signRequest(url, {}, { credentials, region: server.region, nowMs: wallNow(), method: 'PUT', body: content });
  const limit = timeoutSignal(timeoutMs);
  using joined = joinSignals([signal, limit]);
  try {
    const answer = await way.connections.send({
      url: new URL(url),
      method: 'PUT',
      headers: signed,
      body: content,
      signal: joined.signal,
    });
    const parts: Uint8Array[] = [];
    let bytes = 0;
    // Read to its end where it is short, so that the connection serves again.
    for await (const part of answer.body as AsyncIterable<Uint8Array>) {
      parts.push(part);
      bytes += part.length;
      if (bytes > MAX_ERROR_BYTES) break;
    }
    const { status, header } = answer;
    if (status >= 200 && status <= 299) return { type: 'done' };
    const said = saidOf(
      { statusLine: String(status), body: Buffer.concat(parts), header },
      { method: 'PUT', ...(fieldName && { fieldName }) },
    );
    const retryAfter = header('retry-after');
    return { type: 'failed', message: `answered ${said}`, ...(retryAfter !== undefined && { retryAfter }) };
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) return { type: 'failed', message: `did not take it within ${timeoutMs / 1_000} s` };
    return { type: 'failed', message: describeError(error) };
  }
};
