import { type RequestedBytes, requestBytes } from '@solo-kubelet/manifest-source';
import type { Way } from '../connections.js';
import { parseChallenge } from '../core/challenge.js';
import { mayAskForToken, parseToken } from '../core/registry-token.js';

/** What a registry is shown. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

/** Credentials for a repository, such as `docker.io/library/busybox`, in the order in which to try them. */
export type RegistryLogins = (repository: string, options: { readonly signal: AbortSignal }) => Promise<readonly RegistryLogin[]>;

export interface RegistryRequest {
  /** Below the repository, such as `manifests/latest`. */
  readonly path: string;
  readonly method?: 'GET' | 'HEAD';
  readonly accept?: string;
  readonly maxBytes: number;
}

/** One request of a repository, with what the registry demands. Never rejects. */
export type RegistryClient = (
  request: RegistryRequest,
  asked: { readonly way: Way; readonly signal: AbortSignal },
) => Promise<RequestedBytes>;

export interface RegistryClientOptions {
  /** Such as `https://registry.example.org`. */
  readonly url: string;
  readonly repository: string;
  /** Of those that credentials are kept for. */
  readonly logins: (signal: AbortSignal) => Promise<readonly RegistryLogin[]>;
  readonly timeoutMs: number;
  /** A clock that nobody can set, ms. */
  readonly now: () => number;
}

/** A header that the registry has taken, and until when it counts. */
interface Pass {
  readonly authorization: string;
  readonly untilMs: number;
}

const MAX_TOKEN_BYTES = 64 * 1024;
const MAX_LOGINS = 5;
/** A token is not used in its last seconds. */
const MARGIN_MS = 5_000;

/** Asks a repository, first as the last time; a registry that demands a token or a password is asked again with one. */
export const registryClient = ({ url, repository, logins, timeoutMs, now }: RegistryClientOptions): RegistryClient => {
  let pass: Pass | undefined;
  return async (request, asked) => {
    if (pass !== undefined && pass.untilMs <= now()) pass = undefined;
    const { way, signal } = asked;
    const send = (authorization: string | undefined): Promise<RequestedBytes> =>
      requestBytes({
        url: `${url}/v2/${repository}/${request.path}`,
        method: request.method ?? 'GET',
        headers: [
          ...(request.accept === undefined ? [] : [['Accept', request.accept] as const]),
          ...(authorization === undefined ? [] : [['Authorization', authorization] as const]),
        ],
        timeoutMs,
        maxBytes: request.maxBytes,
        // Registries lead to where their blobs are; nothing is shown there. A certificate could not be kept back.
        foreignRedirects: way.hasCredentials ? 'refuse' : 'withoutHeaders',
        connections: way.connections,
        signal,
      });
    let answer = await send(pass?.authorization);
    if (answer.type === 'failed' || answer.status !== 401) return answer;
    pass = undefined;
    const found = (await logins(signal)).slice(0, MAX_LOGINS);
    const challenge = parseChallenge(answer.header('www-authenticate') ?? '');
    if (challenge === undefined) return answer;
    for (const login of found.length === 0 && challenge.scheme === 'bearer' ? [undefined] : found) {
      const basic = login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
      if (challenge.scheme === 'basic') {
        pass = { authorization: basic ?? '', untilMs: Number.POSITIVE_INFINITY };
      } else {
        const token = await askForToken({
          realm: challenge.realm,
          service: challenge.service,
          basic,
          url,
          repository,
          timeoutMs,
          way,
          signal,
        });
        if (token.type === 'failed') return token;
        if (token.type === 'answered') {
          answer = token;
          continue;
        }
        pass = { authorization: `Bearer ${token.token}`, untilMs: now() + token.forMs - MARGIN_MS };
      }
      answer = await send(pass.authorization);
      if (answer.type === 'failed' || (answer.status !== 401 && answer.status !== 403)) return answer;
      pass = undefined;
    }
    return answer;
  };
};

interface TokenQuestion extends Pick<RegistryClientOptions, 'url' | 'repository' | 'timeoutMs'> {
  readonly realm: string;
  readonly service: string | undefined;
  readonly basic: string | undefined;
  readonly way: Way;
  readonly signal: AbortSignal;
}

type TokenAnswer = RequestedBytes | { readonly type: 'token'; readonly token: string; readonly forMs: number };

const askForToken = async ({ realm, service, basic, url, repository, timeoutMs, way, signal }: TokenQuestion): Promise<TokenAnswer> => {
  const failed = (why: 'redirect' | 'unreachable', message: string): TokenAnswer => ({ type: 'failed', why, message });
  if (!mayAskForToken(realm, url))
    return failed(
      'redirect',
      'demands a token of a service that is not asked: one without TLS, or, where the registry has none, another server',
    );
  const question = new URL(realm);
  if (service !== undefined) question.searchParams.set('service', service);
  question.searchParams.set('scope', `repository:${repository}:pull`);
  const answer = await requestBytes({
    url: question.href,
    headers: basic === undefined ? [] : [['Authorization', basic]],
    timeoutMs,
    maxBytes: MAX_TOKEN_BYTES,
    foreignRedirects: basic !== undefined || way.hasCredentials ? 'refuse' : 'withoutHeaders',
    connections: way.connections,
    signal,
  });
  if (answer.type === 'failed') return { ...answer, message: `its token service ${answer.message}` };
  if (answer.status !== 200) return answer;
  const token = parseToken(Buffer.from(answer.body).toString());
  return token === undefined ? failed('unreachable', 'its token service answered with no token') : { type: 'token', ...token };
};
