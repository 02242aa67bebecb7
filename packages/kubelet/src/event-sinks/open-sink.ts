import type { EventSink } from './core/parse-event-sink.js';
import { fileSink } from './file-sink.js';
import type { SinkPort } from './sink-port.js';

/** The way to a sink; its code is loaded when something is first delivered. */
export const openSink = (sink: EventSink, options: { readonly nodeName: string }): SinkPort => {
  switch (sink.type) {
    case 'file':
      return fileSink(sink);
    case 'webhook':
      return loaded(async () => (await import('./webhook-sink.js')).webhookSink(sink));
    case 'otlp':
      return loaded(async () => (await import('./otlp-sink.js')).otlpSink(sink, options));
    case 'journald':
      return loaded(async () => (await import('./journald-sink.js')).journaldSink(options));
    case 'mqtt':
      return loaded(async () => (await import('./mqtt-sink.js')).mqttSink(sink, options));
  }
};

const loaded = (load: () => Promise<SinkPort>): SinkPort => {
  let port: SinkPort | undefined;
  return {
    deliver: async (events, options) => {
      port ??= await load();
      await port.deliver(events, options);
    },
    close: () => port?.close(),
  };
};
