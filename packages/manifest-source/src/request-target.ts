import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { ManifestSourceError } from './manifest-source-error.js';
import { redactUrl } from './redact-url.js';

/** A URL as it is asked, as it may be shown, and what its `user:password@` comes to. @throws ManifestSourceError MANIFEST_URL_INVALID */
export const readRequestUrl = (
  given: string,
): { readonly url: string; readonly shownUrl: string; readonly authorization: string | undefined } => {
  const url = parseUrl(given);
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ManifestSourceError({ code: 'MANIFEST_URL_INVALID', message: 'the manifest URL is not an http or https URL' });
  }
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  const authorization = user || password ? `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` : undefined;
  url.username = '';
  url.password = '';
  return { url: url.href, shownUrl: redactUrl(url.href), authorization };
};

/** Headers as pairs of name and value. @throws ManifestSourceError MANIFEST_HEADER_INVALID */
export const readRequestHeaders = (
  headers: Readonly<Record<string, string | readonly string[]>>,
): readonly (readonly [string, string])[] => {
  const pairs = Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => [name, value] as const));
  for (const [name, value] of pairs) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || /[\r\n\0]/.test(value)) {
      throw new ManifestSourceError({
        code: 'MANIFEST_HEADER_INVALID',
        message: `the header ${JSON.stringify(name)} of the manifest URL is not valid`,
      });
    }
  }
  return pairs;
};
