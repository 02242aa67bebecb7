import type { EventSink } from './core/parse-event-sink.js';
import { fileSink } from './file-sink.js';
import type { SinkPort } from './sink-port.js';
import type { WebhookOptions } from './webhook-sink.js';

export interface OpenSinkOptions extends WebhookOptions {
  readonly nodeName: string;
  /** Whether a broker keeps the last message of the topic. Default false. */
  readonly retain?: boolean;
}

/** The way to a sink; its code is loaded when something is first delivered. */
export const openSink = (sink: EventSink, options: OpenSinkOptions): SinkPort => {
  switch (sink.type) {
    case 'file':
      return fileSink(sink);
    case 'webhook':
      return loaded(async () => (await import('./webhook-sink.js')).webhookSink(sink, options));
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
