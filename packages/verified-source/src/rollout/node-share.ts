import { createHash } from 'node:crypto';

/** 6 bytes: what a number holds exactly. */
const BYTES = 6;

/**
 * Where a node stands in a rollout, from 0 to 1, without 1: with 5 percent those below 0.05 are first. The same for ever for one node and one content, spread
 * evenly over nodes, and anew for each content, so that it is not always the same nodes that try.
 */
export const nodeShare = (nodeName: string, content: string): number =>
  createHash('sha256').update(`${content}\n${nodeName}`).digest().readUIntBE(0, BYTES) / 2 ** (8 * BYTES);

/**
 * What the shares go by: the answer without its `SourceRevision`, so that the same manifests, published again for more nodes under a higher revision, are
 * first for the same ones.
 */
export const contentOf = (text: Uint8Array): string => {
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  let head = 0;
  for (let end = endOfEmptyLine(bytes, head); end !== undefined; end = endOfEmptyLine(bytes, head)) head = end;
  return createHash('sha256').update(bytes.subarray(head)).digest('hex');
};

const [TAB, NEWLINE, RETURN, SPACE, NUMBER_SIGN] = [...Buffer.from('\t\n\r #')];

/**
 * Where a line ends that is white space, a comment or the beginning of a document; undefined for any other. By bytes: one expression for all
 * lines would need as much stack as there are lines.
 */
const endOfEmptyLine = (bytes: Buffer, start: number): number | undefined => {
  let at = bytes.subarray(start, start + 3).equals(BEGINNING) ? start + 3 : start;
  while (bytes[at] === SPACE || bytes[at] === TAB) at += 1;
  if (bytes[at] === NUMBER_SIGN) {
    const end = bytes.indexOf('\n', at);
    return end === -1 ? undefined : end + 1;
  }
  if (bytes[at] === RETURN) at += 1;
  return bytes[at] === NEWLINE ? at + 1 : undefined;
};

const BEGINNING = Buffer.from('---');
