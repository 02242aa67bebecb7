import { isIP } from 'node:net';

/** How Ingresses are served. */
export interface IngressFlags {
  /** The proxy's program, as PATH has it, or a path. */
  readonly program: string;
  /** Where requests are taken; undefined: at every address. */
  readonly addresses?: readonly string[];
  readonly httpPort: number;
  readonly httpsPort: number;
}

interface Texts {
  readonly proxy: string | undefined;
  readonly addresses: readonly string[] | undefined;
  readonly ports: string | undefined;
}

const DEFAULT_PORTS = '80,443';
const MAX_PORT = 65_535;

/** The three flags; undefined where Ingresses are off, or what is wrong. */
export const parseIngress = ({
  proxy = 'haproxy',
  addresses,
  ports = DEFAULT_PORTS,
}: Texts): IngressFlags | undefined | { readonly error: string } => {
  if (proxy === 'off') return undefined;
  if (proxy !== 'haproxy' && !proxy.endsWith('/haproxy'))
    return { error: `--ingress-proxy ${JSON.stringify(proxy)}: want haproxy, a path that ends in /haproxy, or off` };
  const wrong = addresses?.find((address) => isIP(address) === 0);
  if (wrong !== undefined) return { error: `--ingress-addresses: ${JSON.stringify(wrong)} is no IP address` };
  const [httpPort = 0, httpsPort = 0, ...more] = ports.split(',').map((text) => (/^\d{1,5}$/.test(text.trim()) ? Number(text) : 0));
  if (more.length > 0 || httpPort === httpsPort || [httpPort, httpsPort].some((port) => port < 1 || port > MAX_PORT))
    return { error: `--ingress-ports ${ports}: want two ports, of HTTP and HTTPS, such as ${DEFAULT_PORTS}` };
  return { program: proxy, ...(addresses !== undefined && { addresses }), httpPort, httpsPort };
};
