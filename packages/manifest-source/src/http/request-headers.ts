/** What a request says of itself where nobody says otherwise. */
const DEFAULTS: readonly (readonly [name: string, value: string])[] = [
  ['accept', '*/*'],
  ['accept-encoding', 'gzip, br'],
  ['user-agent', 'solo-kubelet'],
];

/** Those by which a connection is run: whoever sets them breaks what is sent into other pieces than was meant. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Of which there is one, the last. */
const SINGLE: ReadonlySet<string> = new Set(['authorization', 'content-type', 'host', 'user-agent']);

/** Headers of a request, those of one name in one line. @throws Error where one is not for users to set */
export const requestHeaders = (
  given: readonly (readonly [name: string, value: string])[],
  hasBody: boolean,
): Readonly<Record<string, string>> => {
  const headers = new Map<string, string>();
  for (const [name, value] of given) {
    const key = name.toLowerCase();
    if (OF_THE_CONNECTION.has(key)) throw new Error(`the header ${name} is set by the connection, and cannot be given`);
    const before = SINGLE.has(key) ? undefined : headers.get(key);
    headers.set(key, before === undefined ? value : `${before}${key === 'cookie' ? '; ' : ', '}${value}`);
  }
  for (const [name, value] of DEFAULTS) if (!headers.has(name)) headers.set(name, value);
  if (hasBody && !headers.has('content-type')) headers.set('content-type', 'application/json');
  return Object.fromEntries(headers);
};
