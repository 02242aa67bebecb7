import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { parseUrl } from '@solo-kubelet/diagnostics/text';
/** A token of a registry's token service. */
export interface RegistryToken {
  readonly token: string;
  /** For how long it counts, ms. */
  readonly forMs: number;
}

/** As docker takes it where the service says nothing: https://distribution.github.io/distribution/spec/auth/token/. */
const DEFAULT_SECONDS = 60;
const MAX_SECONDS = 86_400;

/** What a token service answers; undefined: nothing that can be used. */
export const parseToken = (text: string): RegistryToken | undefined => {
  let answer: unknown;
  try {
    answer = parseBoundedJson(text);
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { token, access_token: accessToken, expires_in: seconds } = answer as Record<string, unknown>;
  const found = [token, accessToken].find((one) => typeof one === 'string' && one !== '');
  // It becomes a part of a header.
  if (typeof found !== 'string' || !/^[\x21-\x7e]+$/.test(found)) return undefined;
  const lasts = typeof seconds === 'number' && seconds > 0 ? Math.min(seconds, MAX_SECONDS) : DEFAULT_SECONDS;
  return { token: found, forMs: lasts * 1_000 };
};

/**
 * Whether a token service may be asked that a registry names. Over TLS the registry says which one is its own, as docker has it; whoever is on the way of a
 * plain one could name any, so that none but its own host is asked.
 */
export const mayAskForToken = (realm: string, registryUrl: string): boolean => {
  const [asked, registry] = [parseUrl(realm), new URL(registryUrl)];
  if (asked === undefined) return false;
  if (registry.protocol === 'https:') return asked.protocol === 'https:';
  return /^https?:$/.test(asked.protocol) && asked.hostname === registry.hostname;
};
