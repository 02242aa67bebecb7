import { ClusterError } from './cluster-error.js';

const NEWLINE = 0x0a;

/** The lines of a stream of bytes, without empty ones; one may span any number of chunks. One longer than `maxBytes` is an error. */
export async function* splitLines(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let bytes = 0;
  const take = (part: Buffer): void => {
    bytes += part.length;
    if (bytes > maxBytes)
      throw new ClusterError({ code: 'CLUSTER_BAD_REPLY', message: `an event of a watch has more than ${maxBytes} bytes` });
    parts.push(part);
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, end));
      const line = Buffer.concat(parts).toString('utf8').trim();
      parts = [];
      bytes = 0;
      start = end + 1;
      if (line !== '') yield line;
    }
    if (start < chunk.length) take(chunk.subarray(start));
  }
}
