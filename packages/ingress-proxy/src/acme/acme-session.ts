import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, FlattenedSign, type JWK } from 'jose';
import { AcmeFailure } from './acme-failure.js';
import { type AcmeReply, acmeRequest, jsonOf, retryAfterMs, textIn } from './acme-request.js';

/** What a server knows this node by. `url` is there once it does. */
export interface AcmeAccount {
  readonly key: JWK;
  readonly url?: string;
}

export interface AcmeSessionOptions {
  readonly directoryUrl: string;
  readonly account: AcmeAccount;
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
}

/** Signed requests of one account. */
export interface AcmeSession {
  /** Behind the token of a challenge (RFC 8555, 8.1). */
  readonly thumbprint: string;
  /** URL of the account: it is made, or found by its key. */
  register(email: string | undefined): Promise<string>;
  /** Without a payload it reads (POST-as-GET). @throws AcmeFailure for what is no 2xx */
  post(url: string, payload?: object): Promise<AcmeReply>;
  /** One of the URLs of the directory. */
  urlOf(name: string): string;
}

/** A server may refuse a nonce at any time, and a test server does one in five. */
const MOST_NONCES = 10;

export const newAccountKey = async (): Promise<JWK> => {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  return privateKey.export({ format: 'jwk' }) as JWK;
};

/** @throws AcmeFailure where there is no ACME server */
export const openSession = async ({ directoryUrl, account, ca, signal }: AcmeSessionOptions): Promise<AcmeSession> => {
  const key = createPrivateKey({ key: account.key as Record<string, string>, format: 'jwk' });
  const jwk = createPublicKey(key).export({ format: 'jwk' }) as JWK;
  const reply = await acmeRequest(directoryUrl, { ca, signal });
  if (reply.status !== 200) throw problemOf(reply, directoryUrl);
  const directory = jsonOf(reply, `the directory at ${directoryUrl}`);
  const urlOf = (name: string): string => textIn(directory, name, `the directory at ${directoryUrl}`);
  let kid = account.url;
  let nonce: string | undefined;

  const takeNonce = async (): Promise<string> => {
    const kept = nonce;
    nonce = undefined;
    if (kept !== undefined) return kept;
    const { headers } = await acmeRequest(urlOf('newNonce'), { ca, signal, method: 'HEAD' });
    return textIn(headers, 'replay-nonce', 'the answer to newNonce');
  };

  const send = async (url: string, payload: object | undefined): Promise<AcmeReply> => {
    for (let tries = 1; ; tries += 1) {
      const header = { alg: 'ES256', nonce: await takeNonce(), url, ...(kid === undefined ? { jwk } : { kid }) };
      const bytes = new TextEncoder().encode(payload === undefined ? '' : JSON.stringify(payload));
      const body = JSON.stringify(await new FlattenedSign(bytes).setProtectedHeader(header).sign(key));
      const answer = await acmeRequest(url, { ca, signal, body });
      const next = answer.headers['replay-nonce'];
      nonce = typeof next === 'string' ? next : undefined;
      if (answer.status < 300) return answer;
      const problem = problemOf(answer, url);
      // Another nonce has come with the answer (RFC 8555, 6.5).
      if (problem.acmeType !== 'badNonce' || tries === MOST_NONCES) throw problem;
    }
  };

  return {
    thumbprint: await calculateJwkThumbprint(jwk),
    urlOf,
    post: send,
    register: async (email) => {
      if (kid !== undefined) return kid;
      const contact = email === undefined ? {} : { contact: [`mailto:${email}`] };
      const { headers } = await send(urlOf('newAccount'), { termsOfServiceAgreed: true, ...contact });
      kid = textIn(headers, 'location', 'the answer to newAccount');
      return kid;
    },
  };
};

const ERROR_PREFIX = 'urn:ietf:params:acme:error:';

/** What an answer that is no success says (RFC 7807). */
const problemOf = (reply: AcmeReply, url: string): AcmeFailure => {
  let said: Readonly<Record<string, unknown>> = {};
  try {
    said = jsonOf(reply, 'the answer');
  } catch {
    // Any page of a proxy on the way there.
  }
  return failureOf(said, `${url} answers with ${reply.status}`, retryAfterMs(reply));
};

/** A problem document as a failure; `otherwise` where it says nothing. */
export const failureOf = (problem: unknown, otherwise: string, waitMs?: number): AcmeFailure => {
  const { type, detail } = (typeof problem === 'object' && problem !== null ? problem : {}) as {
    readonly type?: unknown;
    readonly detail?: unknown;
  };
  const acmeType = typeof type === 'string' && type.startsWith(ERROR_PREFIX) ? type.slice(ERROR_PREFIX.length) : undefined;
  const message = [acmeType, typeof detail === 'string' ? detail : undefined].filter((each) => each !== undefined).join(': ');
  return new AcmeFailure('refused', message || otherwise, { acmeType, retryAfterMs: waitMs });
};
