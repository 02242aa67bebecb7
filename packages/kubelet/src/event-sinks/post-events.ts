import { letGo } from '@solo-kubelet/manifest-source';
import { createConnections } from '@solo-kubelet/verified-source';
import type { SinkTls } from './core/parse-event-sink.js';
import { retryAfterMs } from './core/retry-after.js';
import { RefusedBySink, RetryLater } from './sink-port.js';

/** A server that is given JSON over HTTP. */
export interface HttpSink extends SinkTls {
  /** Without user name and password. */
  readonly url: string;
  readonly authorization?: string;
  /** `Name: value` on a line. */
  readonly headersFile?: string;
}

export interface PostEvents {
  /**
   * POSTs a body; the beginning of the answer where it was taken.
   * @throws (rejects) RefusedBySink where this body will never be taken, RetryLater where the server says when to come again
   */
  post(body: string, options: { readonly signal: AbortSignal }): Promise<string>;
  close(): void;
}

const MAX_ANSWER_BYTES = 64 * 1024;

/** Redirects are not followed: what is sent is for the one who was named. `isFinal`: statuses that say that this very body is wrong. */
export const postEvents = (
  sink: HttpSink,
  {
    isFinal,
    readsAnswer,
    method = 'POST',
  }: { readonly isFinal: (status: number) => boolean; readonly readsAnswer: boolean; readonly method?: 'POST' | 'PUT' },
): PostEvents => {
  const connections = createConnections(sink, sink.authorization);
  return {
    post: async (content, { signal }) => {
      const { connections: to, headers } = await connections.open();
      const answered = await to.send({
        url: new URL(sink.url),
        method,
        headers,
        body: content,
        signal,
      });
      const { status, header, body } = answered;
      const isTaken = status >= 200 && status <= 299;
      let answer = '';
      if (isTaken && readsAnswer) {
        for await (const chunk of body) {
          answer += String(chunk);
          if (answer.length > MAX_ANSWER_BYTES) break;
        }
      }
      // What else it says is nobody's business, however much it is.
      letGo(answered);
      if (isTaken) return answer.length > MAX_ANSWER_BYTES ? '' : answer;
      if (isFinal(status)) throw new RefusedBySink(`it answered ${status}`);
      const message = `it answered ${status}${status < 400 ? '; redirects are not followed' : ''}`;
      const afterMs = retryAfterMs(header('retry-after'), Date.now());
      throw afterMs > 0 ? new RetryLater(message, afterMs) : new Error(message);
    },
    close: () => connections.close(),
  };
};
