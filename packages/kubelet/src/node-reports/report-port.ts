import { writeDurably } from '@solo-kubelet/state-files';
import type { EventSink } from '../event-sinks/core/parse-event-sink.js';
import { openSink } from '../event-sinks/open-sink.js';
import type { SinkPort } from '../event-sinks/sink-port.js';
import type { ReportTarget } from './core/parse-report-target.js';

/** Readable to whoever serves or collects it: there is no secret in it. */
const FILE_MODE = 0o644;

/** The way of reports to a target: the newest takes the place of the one before, wherever something is kept. */
export const reportPort = ({ sink: given, method }: ReportTarget, options: { readonly nodeName: string }): SinkPort => {
  const sink = forNode(given, options.nodeName);
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
const forNode = (sink: EventSink, nodeName: string): EventSink => {
  const own = (text: string): string => text.replaceAll(NODE_NAME, encodeURIComponent(nodeName));
  if (sink.type === 'file') return { ...sink, path: own(sink.path) };
  return sink.type === 'webhook' ? { ...sink, url: own(sink.url) } : sink;
};
