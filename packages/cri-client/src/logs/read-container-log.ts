import { createLineFormatter, type LogFormat } from './line-formatter.js';
import { type LogSelection, rawLog } from './raw-log.js';

export interface ReadContainerLogOptions extends LogFormat, LogSelection {
  /** Stop after this many bytes of output, timestamps included. */
  readonly limitBytes?: number;
  readonly signal?: AbortSignal;
}

/**
 * The log of one container instance, ready to print: across rotated files, partial lines joined. Ends at the end of the log, or when
 * the container has ended in `follow` mode. Rejects with ENOENT when there is no log, and with EFTYPE or ELOOP
 * when something else than a file is in its place.
 *
 * Unlike upstream, which reads the current file only, lines that a rotation moved away are included: none is lost or given twice.
 */
export async function* readContainerLog(options: ReadContainerLogOptions): AsyncGenerator<Buffer, void, void> {
  const { limitBytes = Number.POSITIVE_INFINITY, signal = new AbortController().signal } = options;
  const formatter = createLineFormatter(options);
  let left = limitBytes;
  for await (const raw of rawLog(options, signal)) {
    const output = formatter.push(raw);
    if (output.length === 0) continue;
    yield output.length > left ? output.subarray(0, left) : output;
    left -= output.length;
    if (left <= 0) return;
  }
}
