import { readRequestUrl } from '@solo-kubelet/manifest-source';
import { steadyNow } from '@solo-kubelet/timers/rxjs';
import type { SourceDefinition } from '../core/source-definition.js';
import { parseSourceUrl } from '../core/source-url.js';
import { bucketPlace } from './bucket-place.js';
import { failed } from './failures.js';
import type { Place } from './place.js';
import type { RegistryLogins } from './registry-client.js';
import { registryPlace } from './registry-place.js';
import { webPlace } from './web-place.js';

export interface PlaceOptions {
  readonly source: SourceDefinition;
  /** For credentials of buckets. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For credentials of registries. */
  readonly logins: RegistryLogins;
  /** The machine's clock, ms since 1970. */
  readonly wallNow: () => number;
}

/** Of a source whose answers are brought. */
const nowhere: Place = {
  open: async () => ({
    content: async () => failed('NotFound', 'it has no server'),
    beside: async () => ({ type: 'missing', where: 'no server' }),
  }),
  close: () => {},
};

/** The place that the URL of a source names. @throws ManifestSourceError MANIFEST_URL_INVALID */
export const placeOf = ({ source, env, logins, wallNow }: PlaceOptions): Place => {
  const parsed = parseSourceUrl(source.url);
  if (parsed.ok && parsed.target.type === 'bucket') return bucketPlace({ source, ...parsed.target, env, wallNow });
  if (parsed.ok && parsed.target.type === 'artifact') return registryPlace({ source, target: parsed.target, logins, now: steadyNow });
  if (parsed.ok && parsed.target.type === 'bundle') return nowhere;
  return webPlace({ source, ...readRequestUrl(source.url) });
};

/** The URL of a source without user name and password, and what these come to. @throws ManifestSourceError MANIFEST_URL_INVALID */
export const requestTarget = (given: string): { readonly url: string; readonly authorization: string | undefined } => {
  const parsed = parseSourceUrl(given);
  return parsed.ok && parsed.target.type !== 'web' ? { url: given, authorization: undefined } : readRequestUrl(given);
};
