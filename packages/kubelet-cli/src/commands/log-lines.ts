import { delay } from '@solo-kubelet/timers';

const NEWLINE = 0x0a;
/** How long the rest of a line is waited for before its beginning is shown, ms. */
const HALF_LINE_MS = 1_000;
/** A line that is longer is shown in parts. */
const MAX_LINE_BYTES = 1 << 20;

/**
 * A log as lines, each with its newline. The beginning of a line is shown as one when its rest does not come in time: a progress bar may never end its
 * line. `halfLineIsOld` resolves when it is time, and when the signal aborts.
 */
export async function* logLines(
  chunks: AsyncIterable<Buffer>,
  halfLineIsOld: (signal: AbortSignal) => Promise<unknown> = (signal) => delay(HALF_LINE_MS, undefined, { signal }).catch(() => undefined),
): AsyncGenerator<readonly Buffer[]> {
  const source = chunks[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  let next = source.next();
  let waiting: { readonly old: Promise<'old'>; readonly end: AbortController } | undefined;
  const taken = (): readonly Buffer[] => {
    const line = Buffer.concat([rest, Buffer.of(NEWLINE)]);
    rest = Buffer.alloc(0);
    return [line];
  };
  try {
    for (;;) {
      const arrived = await (waiting === undefined ? next : Promise.race([next, waiting.old]));
      if (arrived === 'old') {
        waiting = undefined;
        yield taken();
        continue;
      }
      if (arrived.done) break;
      next = source.next();
      const bytes = rest.length === 0 ? arrived.value : Buffer.concat([rest, arrived.value]);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      rest = bytes.subarray(end);
      if (end > 0 || rest.length === 0) {
        waiting?.end.abort();
        waiting = undefined;
      }
      if (end > 0) yield split(bytes.subarray(0, end));
      if (rest.length > MAX_LINE_BYTES) yield taken();
      if (rest.length > 0 && waiting === undefined) {
        const controller = new AbortController();
        waiting = { old: halfLineIsOld(controller.signal).then(() => 'old' as const), end: controller };
      }
    }
    if (rest.length > 0) yield taken();
  } finally {
    waiting?.end.abort();
    next.catch(() => {});
    void source.return?.()?.catch(() => {});
  }
}

const split = (bytes: Buffer): readonly Buffer[] => {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start) + 1;
    lines.push(bytes.subarray(start, end));
    start = end;
  }
  return lines;
};
