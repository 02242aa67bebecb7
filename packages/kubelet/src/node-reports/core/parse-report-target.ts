import { parseGoDuration } from '@solo-kubelet/diagnostics/text';
import { type EventSink, parseEventSink } from '../../event-sinks/core/parse-event-sink.js';

/** Where the reports of a node go. */
export interface ReportTarget {
  readonly sink: EventSink;
  /** Of a webhook: `PUT` keeps the newest in a bucket. */
  readonly method: 'POST' | 'PUT';
  /** A report comes after so long though nothing has changed, ms. Default 15 min. */
  readonly intervalMs: number;
}

const DEFAULT_INTERVAL_MS = 15 * 60_000;
const MIN_INTERVAL_MS = 10_000;
const MAX_INTERVAL_MS = 24 * 3_600_000;

/**
 * A value of `--node-report`: a URL as of an event sink, with the options `interval`, and of http and https `method`. `$(NODE_NAME)` in the path stands for
 * the node's name.
 */
export const parseReportTarget = (text: string): ReportTarget | { readonly error: string } => {
  const [address = '', ...rest] = text.split('#');
  const options = new URLSearchParams(rest.join('#'));
  const own = (name: string): string | undefined => {
    const value = options.get(name) ?? undefined;
    options.delete(name);
    return value;
  };
  const [method = 'POST', interval] = [own('method'), own('interval')];
  // Of a file there is one, which is written anew.
  const foreign = ['maxSize', 'maxFiles'].find((name) => options.has(name));
  const left = [...options].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  const sink = parseEventSink(`${address}${left === '' ? '' : `#${left}`}`);
  if ('error' in sink) return sink;
  if (sink.type === 'otlp' || sink.type === 'journald') return { error: `${sink.name}: want a URL of http, https, file, mqtt or mqtts` };
  if (foreign !== undefined) return { error: `${sink.name}: there is no option "${foreign}"` };
  if (method !== 'POST' && method !== 'PUT') return { error: `${sink.name}: method: want POST or PUT` };
  if (method === 'PUT' && sink.type !== 'webhook') return { error: `${sink.name}: method: of use with http and https only` };
  const intervalMs = interval === undefined ? DEFAULT_INTERVAL_MS : parseGoDuration(interval);
  if (intervalMs === undefined || intervalMs < MIN_INTERVAL_MS || intervalMs > MAX_INTERVAL_MS)
    return { error: `${sink.name}: interval: want a duration from 10s to 24h, such as 15m` };
  return { sink, method, intervalMs };
};
