import { parseUrl } from '@solo-kubelet/diagnostics/text';

/** Which server has a bucket, and how it is asked. */
export interface BucketServer {
  /** http or https, without a path. Default: AWS's in `region`. */
  readonly endpoint?: string;
  /** Default `us-east-1`. */
  readonly region: string;
  /** Whether the bucket is in the path of a URL rather than in its host. Default: where `endpoint` is given, or the bucket's name has a dot. */
  readonly pathStyle?: boolean;
}

/** The URL of an object; of the bucket itself where `key` is empty. `query`: names and values, in any order. */
export const objectUrl = (
  { endpoint, region, pathStyle }: BucketServer,
  bucket: string,
  key: string,
  query: readonly (readonly [name: string, value: string])[] = [],
): string => {
  const base = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  // No certificate is for two labels in the place of a star.
  const inPath = pathStyle ?? (endpoint !== undefined || bucket.includes('.'));
  const host = inPath ? base.host : `${bucket}.${base.host}`;
  const path = [...(inPath ? [bucket] : []), ...(inPath && key === '' ? [] : key.split('/'))].map(encoded).join('/');
  const search = query.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&');
  return `${base.protocol}//${host}/${path}${search === '' ? '' : `?${search}`}`;
};

/** As signature v4 wants it: everything but letters, digits and `-._~`. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** Scheme, host and port of a server of buckets; undefined: the text is no such thing. */
export const readEndpoint = (text: string): string | undefined => {
  const url = parseUrl(text);
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && url.host !== '' && /^\/?$/.test(url.pathname);
  return isPlain && url.search === '' && url.hash === '' && url.username === '' && url.password === '' ? url.origin : undefined;
};

/** Addresses as a URL has them: however one of IPv4 was written, it has four decimal numbers there. */
const ADDRESS = /^(\[.*\]|[\d.]+)$/;

/** Why no bucket can stand in the host of a server; undefined: it can. `pathStyle`: as for a `BucketServer`. */
export const hostProblem = ({ endpoint, pathStyle }: Pick<BucketServer, 'endpoint' | 'pathStyle'>): string | undefined => {
  const host = endpoint === undefined ? '' : new URL(endpoint).hostname;
  return pathStyle === false && ADDRESS.test(host)
    ? `a bucket can't stand before ${host.replace(/^\[|\]$/g, '')}, which is an address: leave it out, or give the endpoint by a name`
    : undefined;
};

/** A region, as it stands in signatures; undefined: the text is none. */
export const readRegion = (text: string): string | undefined => (/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/.test(text) ? text : undefined);
