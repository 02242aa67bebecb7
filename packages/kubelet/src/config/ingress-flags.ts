import { isIP } from 'node:net';
import { parseUrl } from '@solo-kubelet/diagnostics/text';

/** How Ingresses are served. */
export interface IngressFlags {
  readonly proxy: 'haproxy' | 'nginx';
  /** The proxy's program, as PATH has it, or a path. */
  readonly program: string;
  /** Where requests are taken; undefined: at every address. */
  readonly addresses?: readonly string[];
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Where certificates are got; undefined: nowhere. */
  readonly acme?: AcmeFlags;
}

export interface AcmeFlags {
  /** URL of the server's directory. */
  readonly directoryUrl: string;
  /** Names of issuers in annotations that mean this server. */
  readonly issuers: readonly string[];
  readonly email?: string;
  /** File of certificates that vouch for the server. */
  readonly caFile?: string;
}

/** Names of the flags, which are only of use where Services are. */
export const INGRESS_FLAGS = [
  'ingress-proxy',
  'ingress-addresses',
  'ingress-ports',
  'ingress-acme-directory',
  'ingress-acme-email',
  'ingress-acme-ca-file',
  'ingress-acme-issuers',
] as const;

interface AcmeTexts {
  readonly directory: string | undefined;
  readonly email: string | undefined;
  readonly caFile: string | undefined;
  readonly issuers: readonly string[] | undefined;
}

interface Texts {
  readonly acme?: AcmeTexts;
  readonly proxy: string | undefined;
  readonly addresses: readonly string[] | undefined;
  readonly ports: string | undefined;
}

const PROXIES = ['haproxy', 'nginx'] as const;
const DEFAULT_PORTS = '80,443';
const MAX_PORT = 65_535;

/** The flags; undefined where Ingresses are off, or what is wrong. */
export const parseIngress = ({
  proxy = 'haproxy',
  addresses,
  ports = DEFAULT_PORTS,
  acme,
}: Texts): IngressFlags | undefined | { readonly error: string } => {
  if (proxy === 'off') return undefined;
  const kind = PROXIES.find((name) => proxy === name || proxy.endsWith(`/${name}`));
  if (kind === undefined)
    return { error: `--ingress-proxy ${JSON.stringify(proxy)}: want haproxy, nginx, a path that ends in /haproxy or /nginx, or off` };
  const wrong = addresses?.find((address) => isIP(address) === 0);
  if (wrong !== undefined) return { error: `--ingress-addresses: ${JSON.stringify(wrong)} is no IP address` };
  const [httpPort = 0, httpsPort = 0, ...more] = ports.split(',').map((text) => (/^\d{1,5}$/.test(text.trim()) ? Number(text) : 0));
  if (more.length > 0 || httpPort === httpsPort || [httpPort, httpsPort].some((port) => port < 1 || port > MAX_PORT))
    return { error: `--ingress-ports ${ports}: want two ports, of HTTP and HTTPS, such as ${DEFAULT_PORTS}` };
  const issuing = acme === undefined ? undefined : parseAcme(acme);
  if (issuing !== undefined && 'error' in issuing) return issuing;
  return {
    proxy: kind,
    program: proxy,
    ...(addresses !== undefined && { addresses }),
    httpPort,
    httpsPort,
    ...(issuing !== undefined && { acme: issuing }),
  };
};

/** As manifests for cert-manager mostly have them. */
const DEFAULT_ISSUERS = ['letsencrypt', 'letsencrypt-prod'];

const parseAcme = ({
  directory,
  email,
  caFile,
  issuers = DEFAULT_ISSUERS,
}: AcmeTexts): AcmeFlags | undefined | { readonly error: string } => {
  if (directory === undefined) {
    const given = [email, caFile].find((each) => each !== undefined);
    return given === undefined
      ? undefined
      : { error: '--ingress-acme-email and --ingress-acme-ca-file are only of use with --ingress-acme-directory' };
  }
  const url = parseUrl(directory);
  if (url !== undefined && (url.username !== '' || url.password !== ''))
    return { error: '--ingress-acme-directory: want a URL without a user: requests are signed' };
  if (url?.protocol !== 'https:')
    return {
      error: `--ingress-acme-directory ${JSON.stringify(directory)}: want an https URL, such as https://acme-v02.api.letsencrypt.org/directory`,
    };
  if (email !== undefined && !isAddress(email)) return { error: `--ingress-acme-email ${JSON.stringify(email)}: want one address of mail` };
  const odd = issuers.find((each) => each.trim() === '');
  if (odd !== undefined || issuers.length === 0) return { error: '--ingress-acme-issuers: want names, such as letsencrypt' };
  return {
    directoryUrl: directory,
    issuers: issuers.map((each) => each.trim()),
    ...(email !== undefined && { email }),
    ...(caFile !== undefined && { caFile }),
  };
};

/** What may stand behind `mailto:` as one address (RFC 8555, 7.3: no header fields, no second one). */
const isAddress = (text: string): boolean => /^[^\s@,?&%]+@[^\s@,?&%]+$/.test(text);
