import { joinSignals } from '@solo-kubelet/timers';
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

const CONNECT_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** Interim answers (1xx) before the one that counts; whoever gives more never means to come to an end. */
const MAX_INTERIM_ANSWERS = 20;

/** Redirects are not followed: what is sent is for the one who was named. `isFinal`: statuses that say that this very body is wrong. */
export const postEvents = (
  sink: HttpSink,
  {
    isFinal,
    readsAnswer,
    method = 'POST',
  }: { readonly isFinal: (status: number) => boolean; readonly readsAnswer: boolean; readonly method?: 'POST' | 'PUT' },
): PostEvents => {
  const connections = createConnections({ ...sink, timeoutMs: CONNECT_TIMEOUT_MS }, sink.authorization);
  return {
    post: async (content, { signal }) => {
      const { agent, headers } = await connections.open();
      const { request } = await import('undici');
      const tooMany = new AbortController();
      using joined = joinSignals([signal, tooMany.signal]);
      let interim = 0;
      const {
        statusCode,
        headers: told,
        body,
      } = await request(sink.url, {
        method,
        dispatcher: agent,
        headers: ['content-type', 'application/json', 'user-agent', 'solo-kubelet', ...headers.flat()],
        body: content,
        signal: joined.signal,
        onInfo: () => {
          interim += 1;
          if (interim > MAX_INTERIM_ANSWERS) tooMany.abort(new Error(`it gives more than ${MAX_INTERIM_ANSWERS} interim answers`));
        },
      });
      const isTaken = statusCode >= 200 && statusCode <= 299;
      let answer = '';
      body.on('error', () => {});
      if (isTaken && readsAnswer) {
        for await (const chunk of body) {
          answer += String(chunk);
          if (answer.length > MAX_ANSWER_BYTES) break;
        }
      }
      // What else it says is nobody's business, however much it is.
      body.destroy();
      if (isTaken) return answer.length > MAX_ANSWER_BYTES ? '' : answer;
      if (isFinal(statusCode)) throw new RefusedBySink(`it answered ${statusCode}`);
      const message = `it answered ${statusCode}${statusCode < 400 ? '; redirects are not followed' : ''}`;
      const afterMs = retryAfterMs(told['retry-after'], Date.now());
      throw afterMs > 0 ? new RetryLater(message, afterMs) : new Error(message);
    },
    close: () => connections.close(),
  };
};
