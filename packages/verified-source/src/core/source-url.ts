import { hasControls, parseUrl } from '@solo-kubelet/diagnostics/text';
import { isBundleUrl } from './bundle-url.js';

/** What the URL of a source names. */
export type SourceTarget =
  | { readonly type: 'web' }
  /** No server: answers are brought. */
  | { readonly type: 'bundle' }
  /** `key` of one object; or, where it ends with `/` or is empty, what the keys of a directory begin with. */
  | { readonly type: 'bucket'; readonly bucket: string; readonly key: string }
  | {
      readonly type: 'artifact';
      /** Host, with its port where one was given. */
      readonly registry: string;
      readonly repository: string;
      /** Of the two, a digest counts. */
      readonly tag?: string;
      /** Such as `sha256:…`. */
      readonly digest?: string;
    };

export type ParsedSourceUrl =
  | { readonly ok: true; readonly target: SourceTarget }
  /** `message`: what is wanted; never the URL, which may hold a password. */
  | { readonly ok: false; readonly message: string };

const MAX_KEY_BYTES = 1_024;

/** Names of buckets as AWS has them: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** As github.com/distribution/reference has them. */
const REGISTRY = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62}){0,16}|\[[0-9a-fA-F:]{2,45}\])(?::\d{1,5})?$/;
const REPOSITORY_PART = /^[a-z0-9]+(?:(?:\.|_|__|-{1,16})[a-z0-9]+)*$/;
const MAX_REPOSITORY = 255;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** `http`, `https`, `s3://BUCKET/KEY`, `s3://BUCKET/PREFIX/`, `oci://REGISTRY/REPOSITORY:TAG` or `…@sha256:HEX`. */
export const parseSourceUrl = (text: string): ParsedSourceUrl => {
  if (isBundleUrl(text)) return { ok: true, target: { type: 'bundle' } };
  if (text.startsWith('s3://')) return parseBucket(text.slice('s3://'.length));
  if (text.startsWith('oci://')) return parseArtifact(text.slice('oci://'.length));
  const url = parseUrl(text);
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.host !== '') return { ok: true, target: { type: 'web' } };
  return { ok: false, message: 'want a URL of http, https, s3 or oci, or bundle:' };
};

const parseBucket = (rest: string): ParsedSourceUrl => {
  const slash = rest.indexOf('/');
  const [bucket, key] = slash < 0 ? [rest, undefined] : [rest.slice(0, slash), rest.slice(slash + 1)];
  if (!BUCKET.test(bucket) || bucket.includes('..'))
    return {
      ok: false,
      message: 'want s3://BUCKET/KEY, or s3://BUCKET/PREFIX/ for a directory (a bucket has 3 to 63 of a-z, 0-9, . and -)',
    };
  if (key === undefined) return { ok: false, message: 'want a key behind the bucket: s3://BUCKET/KEY, or s3://BUCKET/ for all of it' };
  const wrong = keyProblem(key);
  return wrong === undefined ? { ok: true, target: { type: 'bucket', bucket, key } } : { ok: false, message: `its key ${wrong}` };
};

/** Why no object can be asked for by a key; undefined: it can. */
export const keyProblem = (key: string): string | undefined => {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `has more than ${MAX_KEY_BYTES} bytes`;
  if (hasControls(key) || key.includes('\ufffd')) return 'has control characters';
  // Whatever sends a URL takes these away, and another object would be asked for.
  if (key.split('/').some((part) => part === '.' || part === '..')) return 'has a part that is . or ..';
  return undefined;
};

const parseArtifact = (rest: string): ParsedSourceUrl => {
  const wanted = (message: string): ParsedSourceUrl => ({ ok: false, message });
  const slash = rest.indexOf('/');
  const registry = rest.slice(0, Math.max(0, slash));
  if (!REGISTRY.test(registry)) return wanted('want oci://REGISTRY/REPOSITORY:TAG or oci://REGISTRY/REPOSITORY@sha256:HEX');
  const path = rest.slice(slash + 1);
  const at = path.indexOf('@');
  const [named, digest] = at < 0 ? [path, undefined] : [path.slice(0, at), path.slice(at + 1)];
  const colon = named.indexOf(':');
  const [repository, tag] = colon < 0 ? [named, undefined] : [named.slice(0, colon), named.slice(colon + 1)];
  if (repository.length > MAX_REPOSITORY || !repository.split('/').every((part) => REPOSITORY_PART.test(part)))
    return wanted(`want a repository of at most ${MAX_REPOSITORY} of a-z, 0-9, ., _, - and /`);
  if (tag !== undefined && !TAG.test(tag)) return wanted('want a tag of at most 128 letters, digits, _, . and -');
  if (digest !== undefined && !DIGEST.test(digest))
    return wanted('want a digest of sha256: and 64, or sha512: and 128 digits of 0-9 and a-f');
  if (tag === undefined && digest === undefined) return wanted('want a tag or a digest behind the repository: none is taken for granted');
  return {
    ok: true,
    target: { type: 'artifact', registry, repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) },
  };
};

/** Whether a URL names a directory of a bucket, which is verified by its list of sums. */
export const isDirectoryUrl = (url: string): boolean => /^s3:\/\/[^/]+\/(?:.*\/)?$/s.test(url);
