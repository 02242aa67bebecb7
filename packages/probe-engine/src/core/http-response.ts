/** What has been understood of an HTTP/1 response so far. */
export type HttpResponse =
  | { readonly type: 'incomplete' }
  | { readonly type: 'malformed'; readonly why: string }
  | { readonly type: 'complete'; readonly status: number; readonly location: string | undefined; readonly body: Uint8Array };

const MAX_HEAD_BYTES = 1024 * 1024;
const HEAD_END = '\r\n\r\n';

/**
 * Reads as much of a response as a probe needs: head, and body up to `maxBody` bytes. `ended`: the connection has been closed by the server.
 * Interim 1xx responses are skipped.
 */
export const readResponse = (bytes: Buffer, ended: boolean, maxBody: number): HttpResponse => {
  const head = bytes.indexOf(HEAD_END, 0, 'latin1');
  if (head === -1) {
    if (bytes.length > 5 && bytes.toString('latin1', 0, 5) !== 'HTTP/') return { type: 'malformed', why: 'the answer is not HTTP/1' };
    if (bytes.length > MAX_HEAD_BYTES) return { type: 'malformed', why: 'the head of the answer is longer than 1 MiB' };
    return ended ? { type: 'malformed', why: 'the connection was closed before an answer' } : { type: 'incomplete' };
  }
  const lines = bytes.toString('latin1', 0, head).split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(lines[0] ?? '')?.[1]);
  if (Number.isNaN(status)) return { type: 'malformed', why: 'the answer is not HTTP/1' };
  const rest = bytes.subarray(head + HEAD_END.length);
  if (status >= 100 && status < 200) return readResponse(rest, ended, maxBody);

  const header = (name: string): string | undefined => {
    const line = lines.find((one) => one.toLowerCase().startsWith(`${name}:`));
    return line?.slice(name.length + 1).trim();
  };
  const done = (body: Uint8Array): HttpResponse => ({
    type: 'complete',
    status,
    location: header('location'),
    body: body.subarray(0, maxBody),
  });
  const cut: HttpResponse = { type: 'malformed', why: 'the connection was closed in the middle of the body' };
  if (status === 204 || status === 304) return done(new Uint8Array());
  if (/\bchunked$/i.test(header('transfer-encoding') ?? '')) {
    const { body, complete } = dechunk(rest, maxBody);
    if (complete || body.length >= maxBody) return done(body);
    return ended ? cut : { type: 'incomplete' };
  }
  const length = header('content-length');
  if (length === undefined) return ended || rest.length >= maxBody ? done(rest) : { type: 'incomplete' };
  const wanted = Number(length);
  if (!Number.isSafeInteger(wanted) || wanted < 0) return { type: 'malformed', why: 'the answer has a broken Content-Length' };
  if (rest.length >= Math.min(wanted, maxBody)) return done(rest.subarray(0, wanted));
  return ended ? cut : { type: 'incomplete' };
};

const dechunk = (bytes: Buffer, maxBody: number): { body: Buffer; complete: boolean } => {
  const parts: Buffer[] = [];
  let total = 0;
  for (let at = 0; total < maxBody; ) {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1');
    if (lineEnd === -1) break;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (size === 0) return { body: Buffer.concat(parts), complete: true };
    if (Number.isNaN(size)) break;
    const part = bytes.subarray(lineEnd + 2, lineEnd + 2 + size);
    parts.push(part);
    total += part.length;
    if (part.length < size) break;
    at = lineEnd + 2 + size + 2;
  }
  return { body: Buffer.concat(parts), complete: false };
};
