/** A path of a manifest as requests are compared with it; undefined for one that none could have. */
export const comparedPath = (path: string): string | undefined => {
  const decoded = decodePath(path);
  // A space ends a key of the proxy's tables, and no request that is let in has control characters.
  if (decoded === undefined || !decoded.startsWith('/') || /[^!-~\x80-\xff]/.test(decoded)) return undefined;
  return decoded.replace(/\/+/g, '/');
};

/** A request's path as routes are compared with it; undefined for one that is refused, since servers do not agree what it means. */
export const requestPath = (path: string): string | undefined => {
  const decoded = decodePath(path)?.replace(/\/+/g, '/');
  return decoded === undefined || DOTS.test(decoded) || decoded.includes('\0') ? undefined : decoded;
};

/** An element that leads elsewhere, also as servers have it that take `\\` for a slash, or parameters behind `;` out of an element. */
const DOTS = /(^|[/\\])\.\.?(;[^/\\]*)?([/\\]|$)/;

/** Whether a Host header is a name or an address and a port at most; others are refused. */
export const isRequestHost = (host: string): boolean => /^([a-z0-9._-]*|\[[0-9a-f:.]*\])(:[0-9]*)?$/i.test(host);

/** Every `%XX` as the byte it stands for; bytes are kept as they are (latin1). */
const decodePath = (path: string): string | undefined => {
  const bytes = [...new TextEncoder().encode(path)].map((byte) => String.fromCharCode(byte)).join('');
  return bytes.replace(/%([0-9a-fA-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
};
