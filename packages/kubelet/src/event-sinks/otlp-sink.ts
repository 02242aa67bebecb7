import { eventFields } from './core/event-fields.js';
import { otlpLogs, partialSuccess } from './core/otlp-logs.js';
import type { EventSink } from './core/parse-event-sink.js';
import { postEvents } from './post-events.js';
import type { SinkPort } from './sink-port.js';

/** What OTLP says to try again, and what a token or an address that is put right mends. */
const PASSING: ReadonlySet<number> = new Set([401, 403, 404, 408, 429, 502, 503, 504]);

/** POSTs events as log records of OpenTelemetry (OTLP/HTTP, JSON). */
export const otlpSink = (sink: EventSink & { readonly type: 'otlp' }, { nodeName }: { readonly nodeName: string }): SinkPort => {
  const server = postEvents(sink, { isFinal: (status) => status >= 400 && !PASSING.has(status), readsAnswer: true });
  return {
    deliver: async (events, { signal, refused }) => {
      const nowMs = Date.now();
      const request = otlpLogs(
        events.map((text) => eventFields(text, nowMs)),
        { nodeName, nowMs },
      );
      // Which of them it did not want, nobody says; none of them is to be sent again.
      const unwanted = partialSuccess(await server.post(JSON.stringify(request), { signal }));
      if (unwanted.refused > 0) refused?.(unwanted.refused, unwanted.message);
    },
    close: () => server.close(),
  };
};
