import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';

type Zlib = typeof import('node:zlib');

const DECODERS: ReadonlyMap<string, (zlib: Zlib) => Transform> = new Map([
  ['gzip', (zlib) => zlib.createGunzip()],
  ['x-gzip', (zlib) => zlib.createGunzip()],
  ['deflate', (zlib) => zlib.createInflate()],
  ['br', (zlib) => zlib.createBrotliDecompress()],
]);
/** Each of them takes memory before its first byte. */
const MAX_CODINGS = 5;

/** The body of an answer without what it was compressed by on the way; in an encoding that nobody knows, as it comes. How long it gets is up to who reads it. */
export const decodedBody = async (incoming: IncomingMessage, method: string): Promise<Readable> => {
  const codings = (incoming.headers['content-encoding'] ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  const decoders = codings.map((coding) => DECODERS.get(coding)).filter((decoder) => decoder !== undefined);
  const hasBody = method !== 'HEAD' && incoming.statusCode !== 204 && incoming.statusCode !== 304;
  if (codings.length === 0 || decoders.length < codings.length || !hasBody) return incoming;
  if (codings.length > MAX_CODINGS) {
    incoming.destroy();
    throw new Error(`its answer was compressed more than ${MAX_CODINGS} times over`);
  }
  const zlib = await import('node:zlib');
  // The last that was applied is undone first; whoever reads the last of them is told what goes wrong on the way.
  return decoders.reduceRight<Readable>((source, decoder) => {
    const decoded = decoder(zlib);
    pipeline(source, decoded, () => {});
    // Whoever has let go of it is not told any more.
    decoded.on('error', () => {});
    return decoded;
  }, incoming);
};
