import { parseGoDuration } from '@solo-kubelet/diagnostics/text';
import { type BucketUrl, parseBucketUrl } from '@solo-kubelet/verified-source';
import { type EventSink, parseEventSink } from '../../event-sinks/core/parse-event-sink.js';

/** An object of a bucket. */
export interface BucketSink extends BucketUrl {
  readonly type: 's3';
}

/** Where the reports of a node go. */
export interface ReportTarget {
  readonly sink: EventSink | BucketSink;
  /** Of a webhook: `PUT` keeps the newest in a bucket. */
  readonly method: 'POST' | 'PUT';
  /** A report comes after so long though nothing has changed, ms. Default 15 min. */
  readonly intervalMs: number;
}

const DEFAULT_INTERVAL_MS = 15 * 60_000;
const MIN_INTERVAL_MS = 10_000;
const MAX_INTERVAL_MS = 24 * 3_600_000;

/**
 * A value of `--node-report`: a URL as of an event sink, with the options `interval`, and of http and https `method`; or `s3://BUCKET/KEY` with the options of
 * `parseBucketUrl`. `$(NODE_NAME)` in the path stands for the node's name.
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
  const whole = `${address}${left === '' ? '' : `#${left}`}`;
  const sink = address.startsWith('s3://') ? parseBucketSink(whole) : parseEventSink(whole);
  if ('error' in sink) return KNOWN.test(address) ? sink : { error: WANTED };
  if (sink.type === 'otlp' || sink.type === 'journald') return { error: `${sink.name}: ${WANTED}` };
  if (foreign !== undefined) return { error: `${sink.name}: there is no option "${foreign}"` };
  if (method !== 'POST' && method !== 'PUT') return { error: `${sink.name}: method: want POST or PUT` };
  if (method === 'PUT' && sink.type !== 'webhook') return { error: `${sink.name}: method: of use with http and https only` };
  const intervalMs = interval === undefined ? DEFAULT_INTERVAL_MS : parseGoDuration(interval);
  if (intervalMs === undefined || intervalMs < MIN_INTERVAL_MS || intervalMs > MAX_INTERVAL_MS)
    return { error: `${sink.name}: interval: want a duration from 10s to 24h, such as 15m` };
  return { sink, method, intervalMs };
};

const KNOWN = /^(https?|file|mqtts?|s3):/i;
const WANTED = 'want a URL of http, https, s3, file, mqtt or mqtts';

const parseBucketSink = (text: string): BucketSink | { readonly error: string } => {
  const parsed = parseBucketUrl(text);
  if ('error' in parsed) return parsed;
  if (parsed.key === '' || parsed.key.endsWith('/'))
    return { error: `${parsed.name}: want the key of an object behind the bucket, such as s3://fleet/reports/$(NODE_NAME).json` };
  return { type: 's3', ...parsed };
};
