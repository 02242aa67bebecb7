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
  const lines = Buffer.from(text).toString('latin1');
  const head = /^(?:[ \t]*(?:#[^\n]*)?\r?\n|---[ \t]*\r?\n)*/.exec(lines)?.[0].length ?? 0;
  return createHash('sha256').update(lines.slice(head), 'latin1').digest('hex');
};
