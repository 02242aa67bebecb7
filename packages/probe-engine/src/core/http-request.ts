import type { HTTPHeader } from '@solo-kubelet/pod-spec';

/** As Kubernetes' prober names itself. */
export const PROBE_USER_AGENT = 'kube-probe/1.36';

/** Where a request goes. */
export interface HttpAddress {
  readonly scheme: 'http' | 'https';
  /** Without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Path and query, encoded. */
  readonly target: string;
}

/** The bytes that may stand in a request line, everything else percent-encoded; a fragment is left out. */
export const requestTarget = (path: string): string => {
  const withoutFragment = path.split('#', 1)[0] ?? '';
  const encoded = withoutFragment.replace(/[^\x21-\x7e]|["<>\\^`{|}]/gu, (character) => encodeURIComponent(character));
  return encoded.startsWith('/') ? encoded : `/${encoded}`;
};

/** `host:port`, with brackets where needed, without the scheme's own port. */
export const authority = ({ scheme, hostname, port }: HttpAddress): string => {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  return port === (scheme === 'http' ? 80 : 443) ? host : `${host}:${port}`;
};

/**
 * Text of a probe's GET request, or undefined when a header can't be sent. A custom `Host` replaces the address, `User-Agent` and `Accept`
 * have Kubernetes' defaults, an empty `Accept` is not sent (pkg/probe/http/request.go).
 */
export const formatRequest = (address: HttpAddress, headers: readonly HTTPHeader[] = []): string | undefined => {
  if (headers.some(({ name, value }) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || /[\r\n\0]/.test(value))) return undefined;
  const given = (wanted: string) => headers.filter(({ name }) => name.toLowerCase() === wanted);
  const accept = given('accept');
  const lines = [
    `GET ${address.target} HTTP/1.1`,
    `Host: ${given('host').at(-1)?.value || authority(address)}`,
    ...(given('user-agent').length === 0 ? [`User-Agent: ${PROBE_USER_AGENT}`] : []),
    ...(accept.length === 0 ? ['Accept: */*'] : []),
    ...headers
      .filter(
        ({ name, value }) =>
          !/^(host|connection|content-length|transfer-encoding)$/i.test(name) && !(/^accept$/i.test(name) && value === ''),
      )
      .map(({ name, value }) => `${name}: ${value}`),
    'Connection: close',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
};

/** Where a redirect leads, or undefined when it leaves the host name or can't be read. */
export const followLocation = (from: HttpAddress, location: string): HttpAddress | undefined => {
  let url: URL;
  try {
    url = new URL(location, `${from.scheme}://${authority(from)}${from.target}`);
  } catch {
    return undefined;
  }
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (hostname.toLowerCase() !== from.hostname.toLowerCase() || !/^https?:$/.test(url.protocol)) return undefined;
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  return { scheme, hostname, port: Number(url.port) || (scheme === 'https' ? 443 : 80), target: `${url.pathname}${url.search}` };
};
