import type { EventSink } from './core/parse-event-sink.js';
import { postEvents } from './post-events.js';
import type { EventText, SinkPort } from './sink-port.js';

/** Answers that say that this very body is wrong; all else may pass. */
const FINAL: ReadonlySet<number> = new Set([400, 413, 415, 422]);

export interface WebhookOptions {
  /** Default `POST`. */
  readonly method?: 'POST' | 'PUT';
  /** JSON of what is sent. Default: a v1 EventList. */
  readonly body?: (events: readonly EventText[]) => string;
}

const eventList = (events: readonly EventText[]): string =>
  `{"kind":"EventList","apiVersion":"v1","metadata":{},"items":[${events.join(',')}]}`;

/** POSTs events as a v1 EventList. */
export const webhookSink = (
  sink: EventSink & { readonly type: 'webhook' },
  { method = 'POST', body = eventList }: WebhookOptions = {},
): SinkPort => {
  const server = postEvents(sink, { isFinal: (status) => FINAL.has(status), readsAnswer: false, method });
  return {
    deliver: async (events, { signal }) => {
      await server.post(body(events), { signal });
    },
    close: () => server.close(),
  };
};
