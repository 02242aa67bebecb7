import { delay } from '@solo-kubelet/timers/rxjs';
import type { SchedulerLike } from 'rxjs';
import type { CertificatePair } from '../proxy/own-certificates.js';
import { AcmeFailure } from './acme-failure.js';
import { type AcmeReply, jsonOf, retryAfterMs, textIn } from './acme-request.js';
import { type AcmeSession, failureOf } from './acme-session.js';
import { makeRequest } from './make-request.js';

export interface OrderOptions {
  readonly hosts: readonly string[];
  /** Resolves once a proxy answers these challenges, and no others, by token; rejects where none can. */
  readonly publish: (challenges: ReadonlyMap<string, string>) => Promise<void>;
  readonly scheduler: SchedulerLike;
  readonly signal: AbortSignal;
}

/** Gets a certificate for hosts by HTTP-01 (RFC 8555, 7.4 and 8.3). @throws AcmeFailure; also the reason of the signal */
export const orderCertificate = async (session: AcmeSession, options: OrderOptions): Promise<CertificatePair> => {
  const { hosts, publish } = options;
  const asked = await session.post(session.urlOf('newOrder'), { identifiers: hosts.map((value) => ({ type: 'dns', value })) });
  const orderUrl = textIn(asked.headers, 'location', 'the answer to newOrder');
  const order = jsonOf(asked, 'the order');
  const finalizeUrl = textIn(order, 'finalize', 'the order');
  const authorizations = textsIn(order['authorizations'], 'the order has no authorizations');
  if (authorizations.length > hosts.length) throw new AcmeFailure('refused', 'the order has more authorizations than hosts');
  const pending: Challenge[] = [];
  for (const url of authorizations) {
    const challenge = challengeOf(url, jsonOf(await session.post(url), 'the authorization'));
    if (challenge !== undefined) pending.push(challenge);
  }
  try {
    if (pending.length > 0) await publish(new Map(pending.map(({ token }) => [token, `${token}.${session.thumbprint}`])));
    for (const { url } of pending) await session.post(url, {});
    for (const { authorization, host } of pending)
      await until(session, authorization, options, (said) => {
        if (said['status'] === 'valid') return said;
        if (said['status'] === 'pending') return undefined;
        throw refusedChallenge(host, said);
      });
  } finally {
    // What can't be taken away now goes with the next change.
    if (pending.length > 0) await publish(new Map()).catch(() => {});
  }
  const { requestDer, keyPem } = await makeRequest(hosts);
  await session.post(finalizeUrl, { csr: requestDer.toString('base64url') });
  const done = await until(session, orderUrl, options, (said) => {
    if (said['status'] === 'valid') return said;
    if (said['status'] === 'processing' || said['status'] === 'ready') return undefined;
    throw failureOf(said['error'], `the order is ${String(said['status'])}`);
  });
  const { body } = await session.post(textIn(done, 'certificate', 'the order'));
  return { certificatePem: body.endsWith('\n') ? body : `${body}\n`, keyPem };
};

interface Challenge {
  readonly authorization: string;
  readonly host: string;
  readonly url: string;
  readonly token: string;
}

type Said = Readonly<Record<string, unknown>>;

/** Undefined where the server needs no proof. */
const challengeOf = (authorization: string, said: Said): Challenge | undefined => {
  if (said['status'] === 'valid') return undefined;
  const host = textIn((said['identifier'] ?? {}) as Said, 'value', 'the authorization');
  if (said['status'] !== 'pending') throw refusedChallenge(host, said);
  const found = (Array.isArray(said['challenges']) ? said['challenges'] : []).find((each: Said | null) => each?.['type'] === 'http-01') as
    | Said
    | undefined;
  if (found === undefined) throw new AcmeFailure('refused', `${host}: the server offers no HTTP-01 challenge`);
  const token = textIn(found, 'token', 'the challenge');
  if (!isToken(token)) throw new AcmeFailure('refused', `${host}: the token of the challenge is none`);
  return { authorization, host, url: textIn(found, 'url', 'the challenge'), token };
};

const MOST_TOKEN = 512;

/** It becomes a part of a path, and a key of a table of the proxy. */
const isToken = (text: string): boolean => text.length <= MOST_TOKEN && /^[A-Za-z0-9_-]+$/.test(text);

const refusedChallenge = (host: string, said: Said): AcmeFailure => {
  const challenges = (Array.isArray(said['challenges']) ? said['challenges'] : []) as readonly (Said | null)[];
  const error = challenges.find((each) => each?.['error'] !== undefined)?.['error'];
  const { acmeType, message } = failureOf(error, `the authorization is ${String(said['status'])}`);
  return new AcmeFailure('refused', `${host}: ${message}`, { acmeType });
};

const FIRST_POLL_MS = 1_000;
const LONGEST_POLL_MS = 15_000;
const MOST_POLLS = 30;

/** Reads an object until it is what is waited for. */
const until = async (
  session: AcmeSession,
  url: string,
  { scheduler, signal }: OrderOptions,
  take: (said: Said) => Said | undefined,
): Promise<Said> => {
  let waitMs = FIRST_POLL_MS;
  for (let polls = 0; polls < MOST_POLLS; polls += 1) {
    const reply: AcmeReply = await session.post(url);
    const taken = take(jsonOf(reply, url));
    if (taken !== undefined) return taken;
    await delay(Math.min(Math.max(waitMs, retryAfterMs(reply) ?? 0), LONGEST_POLL_MS), scheduler, signal);
    signal.throwIfAborted();
    waitMs *= 1.5;
  }
  throw new AcmeFailure('refused', `${url} is still pending`);
};

const textsIn = (value: unknown, otherwise: string): readonly string[] => {
  if (!Array.isArray(value) || value.length === 0 || value.some((each) => typeof each !== 'string'))
    throw new AcmeFailure('refused', otherwise);
  return value as readonly string[];
};
