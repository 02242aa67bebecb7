import type { Readable } from 'node:stream';

/** How much is taken of what the other side says about how a session ended, bytes. A status of Kubernetes has some hundred. */
const MAX_REASON_BYTES = 65_536;

/** Adds to `chunks` what an error stream says, to its end or as much as can be meant; what comes after that is passed over. */
export const collectReason = async (stream: Readable, chunks: Buffer[]): Promise<void> => {
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const taken = chunk.subarray(0, MAX_REASON_BYTES - bytes);
    bytes += taken.length;
    chunks.push(taken);
    if (bytes === MAX_REASON_BYTES) return;
  }
};
