import { writeDurably } from '@solo-kubelet/state-files';
import { openBucket } from '@solo-kubelet/verified-source';
import type { EventSink } from '../event-sinks/core/parse-event-sink.js';
import { retryAfterMs } from '../event-sinks/core/retry-after.js';
import { openSink } from '../event-sinks/open-sink.js';
import { RetryLater, type SinkPort } from '../event-sinks/sink-port.js';
import type { BucketSink, ReportTarget } from './core/parse-report-target.js';

/** Readable to whoever serves or collects it: there is no secret in it. */
const FILE_MODE = 0o644;

export interface ReportPortOptions {
  readonly nodeName: string;
  /** For credentials of buckets. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The way of reports to a target: the newest takes the place of the one before, wherever something is kept. */
export const reportPort = ({ sink: given, method }: ReportTarget, { env, ...options }: ReportPortOptions): SinkPort => {
  const sink = forNode(given, options.nodeName);
  if (sink.type === 's3') return bucketPort(sink, env);
  return sink.type === 'file'
    ? {
        deliver: async (reports) => {
          const newest = reports.at(-1);
          if (newest !== undefined) await writeDurably(sink.path, `${newest}\n`, { mode: FILE_MODE, directoryMode: 0o755 });
        },
        close: () => {},
      }
    : openSink(sink, { ...options, retain: true, method, body: (reports) => reports.at(-1) ?? '' });
};

/** URLs write `(` and `)` as they are, or not. */
const NODE_NAME = /\$(?:\(|%28)NODE_NAME(?:\)|%29)/g;

/** A topic is dealt with by its own sink. */
const forNode = (sink: EventSink | BucketSink, nodeName: string): EventSink | BucketSink => {
  const own = (text: string): string => text.replaceAll(NODE_NAME, encodeURIComponent(nodeName));
  // A key stands in its URL as it is.
  if (sink.type === 's3') return { ...sink, key: sink.key.replaceAll('$(NODE_NAME)', nodeName) };
  if (sink.type === 'file') return { ...sink, path: own(sink.path) };
  return sink.type === 'webhook' ? { ...sink, url: own(sink.url) } : sink;
};

const PUT_TIMEOUT_MS = 30_000;

/** Puts the newest into a bucket. Whatever the server has against it may be mended there, or in a file here: it is tried again. */
const bucketPort = (sink: BucketSink, env: ReportPortOptions['env']): SinkPort => {
  const bucket = openBucket(sink, { env, timeoutMs: PUT_TIMEOUT_MS, wallNow: Date.now });
  return {
    deliver: async (reports, { signal }) => {
      const put = await bucket.put(sink.key, reports.at(-1) ?? '', { signal });
      if (put.type === 'done') return;
      const afterMs = retryAfterMs(put.retryAfter, Date.now());
      throw afterMs > 0 ? new RetryLater(put.message, afterMs) : new Error(put.message);
    },
    close: () => bucket.close(),
  };
};
