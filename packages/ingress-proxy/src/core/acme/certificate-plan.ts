import { backoffMs, type ExponentialBackoff } from '@solo-kubelet/timers/backoff';

/** What is known of a certificate that is wanted. */
export interface CertificateState {
  readonly certificate?: {
    readonly notBeforeMs: number;
    readonly notAfterMs: number;
    /** From 0 to 1, of the certificate itself: it stays the same from start to start. */
    readonly jitter: number;
  };
  /** Orders in a row that have failed. */
  readonly failures: number;
  /** Not before then is it asked for again, ms since 1970. */
  readonly retryAtMs?: number;
}

/** Why an order failed: the server can't be reached, or it has been and says no. */
export type OrderFailure = 'unreachable' | 'refused';

/** Nobody is asked, so nobody minds. */
const UNREACHABLE: ExponentialBackoff = { initialMs: 60_000, maxMs: 3_600_000 };
/** Let's Encrypt takes five failed validations of a host in an hour, and 300 orders of an account in three hours. */
const REFUSED: ExponentialBackoff = { initialMs: 900_000, maxMs: 86_400_000 };
const MOST_JITTER = 0.2;
/** A server that wants more than that, and a clock that was wrong, are not believed. */
const LONGEST_WAIT_MS = 7 * 86_400_000;

/** How long nothing is asked for after so many failures in a row, ms. `retryAfterMs`: as the server wants it. `random`: from 0 to 1. */
export const orderBackoffMs = (
  kind: OrderFailure,
  {
    failures,
    retryAfterMs = 0,
    random,
  }: { readonly failures: number; readonly retryAfterMs?: number | undefined; readonly random: number },
): number => {
  const ownMs = backoffMs(kind === 'refused' ? REFUSED : UNREACHABLE, failures) * (1 + MOST_JITTER * random);
  return Math.round(Math.min(Math.max(ownMs, retryAfterMs), LONGEST_WAIT_MS));
};

/** Of its lifetime; cert-manager's and Let's Encrypt's advice. */
const RENEW_AFTER = 2 / 3;
/** The part of the lifetime over which renewals of one day are spread, before that. */
const RENEW_SPREAD = 1 / 30;

/** When a certificate is to be asked for, ms since 1970; what is past is due now. */
export const dueAtMs = (state: CertificateState | undefined, nowMs: number): number => {
  const { certificate, failures = 0, retryAtMs = 0 } = state ?? {};
  const heldUntilMs = failures > 0 ? Math.min(retryAtMs, nowMs + LONGEST_WAIT_MS) : 0;
  if (certificate === undefined) return heldUntilMs;
  const { notBeforeMs, notAfterMs, jitter } = certificate;
  const renewAtMs = notBeforeMs + (notAfterMs - notBeforeMs) * (RENEW_AFTER - RENEW_SPREAD * jitter);
  return Math.max(renewAtMs, heldUntilMs);
};

/** The certificate to ask for next, and when: one after the other, those without any first. Undefined where none is wanted. */
export const nextCertificate = (
  wanted: readonly string[],
  states: ReadonlyMap<string, CertificateState>,
  nowMs: number,
): { readonly key: string; readonly atMs: number } | undefined => {
  let first: { readonly key: string; readonly atMs: number } | undefined;
  for (const key of wanted) {
    const atMs = dueAtMs(states.get(key), nowMs);
    if (first === undefined || atMs < first.atMs) first = { key, atMs };
  }
  return first;
};
