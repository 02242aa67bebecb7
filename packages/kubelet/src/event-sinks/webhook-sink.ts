import { createConnections } from '@solo-kubelet/verified-source';
import type { EventSink } from './core/parse-event-sink.js';
import { RefusedBySink, type SinkPort } from './sink-port.js';

/** Answers that say that this very body is wrong; all else may pass. */
const FINAL: ReadonlySet<number> = new Set([400, 413, 415, 422]);
const CONNECT_TIMEOUT_MS = 30_000;

/** POSTs events as a v1 EventList. Redirects are not followed: what is sent is for the one who was named. */
export const webhookSink = (sink: EventSink & { readonly type: 'webhook' }): SinkPort => {
  const connections = createConnections({ ...sink, timeoutMs: CONNECT_TIMEOUT_MS }, sink.authorization);
  return {
    deliver: async (events, { signal }) => {
      const { agent, headers } = await connections.open();
      const { request } = await import('undici');
      const own = headers.flat();
      const { statusCode, body } = await request(sink.url, {
        method: 'POST',
        dispatcher: agent,
        headers: ['content-type', 'application/json', 'user-agent', 'solo-kubelet', ...own],
        body: `{"kind":"EventList","apiVersion":"v1","metadata":{},"items":[${events.join(',')}]}`,
        signal,
      });
      // What it says is nobody's business, however much it is.
      body.on('error', () => {}).destroy();
      if (FINAL.has(statusCode)) throw new RefusedBySink(`it answered ${statusCode}`);
      if (statusCode < 200 || statusCode > 299)
        throw new Error(`it answered ${statusCode}${statusCode < 400 ? '; redirects are not followed' : ''}`);
    },
    close: () => connections.close(),
  };
};
