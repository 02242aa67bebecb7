import { withoutControls } from '@solo-kubelet/diagnostics/text';
import type { OrderFailure } from '../core/acme/certificate-plan.js';

const MOST_CHARACTERS = 500;

interface Details {
  readonly acmeType?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Why an order can't go on. `acmeType`: the last part of the server's `urn:ietf:params:acme:error:…` (RFC 8555, 6.7). */
export class AcmeFailure extends Error {
  readonly kind: OrderFailure;
  readonly acmeType: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(kind: OrderFailure, message: string, { acmeType, retryAfterMs, cause }: Details = {}) {
    super(withoutControls(message.slice(0, MOST_CHARACTERS)), { cause });
    this.name = 'AcmeFailure';
    this.kind = kind;
    this.acmeType = acmeType;
    this.retryAfterMs = retryAfterMs;
  }
}
