import type { EventSink } from './core/parse-event-sink.js';
import { postEvents } from './post-events.js';
import type { SinkPort } from './sink-port.js';

/** Answers that say that this very body is wrong; all else may pass. */
const FINAL: ReadonlySet<number> = new Set([400, 413, 415, 422]);

/** POSTs events as a v1 EventList. */
export const webhookSink = (sink: EventSink & { readonly type: 'webhook' }): SinkPort => {
  const server = postEvents(sink, { isFinal: (status) => FINAL.has(status), readsAnswer: false });
  return {
    deliver: async (events, { signal }) => {
      await server.post(`{"kind":"EventList","apiVersion":"v1","metadata":{},"items":[${events.join(',')}]}`, { signal });
    },
    close: () => server.close(),
  };
};
