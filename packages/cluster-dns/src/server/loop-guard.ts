import { randomBytes } from 'node:crypto';
import { TYPE } from '../core/dns-codes.js';
import type { Upstream } from '../core/parse-resolv-conf.js';
import { type AskUpstream, questionBytes } from '../forward/ask-upstream.js';

export interface LoopGuard {
  /** Asks a server for a name that nobody else knows; resolves to true when that question came back to us. */
  leadsBack(upstream: Upstream, options: { readonly signal: AbortSignal }): Promise<boolean>;
  /** Whether a question is such a one. */
  isOwnProbe(question: { readonly name: string; readonly type: number }): boolean;
}

const PROBE_MS = 2_000;

/** Finds servers that hand questions on to us again, as CoreDNS' plugin `loop` does, but whenever servers change. */
export const createLoopGuard = (ask: AskUpstream): LoopGuard => {
  const sent = new Map<string, boolean>();
  return {
    leadsBack: async (upstream, { signal }) => {
      const name = `${randomBytes(8).toString('hex')}.${randomBytes(8).toString('hex')}`;
      sent.set(name, false);
      try {
        const question = { question: questionBytes(name, 'HINFO'), recursionDesired: true, checkingDisabled: false, dnssecOk: false };
        // Whatever it says, or that it says nothing: what counts is whether we were asked meanwhile.
        await ask(upstream, question, { signal, timeoutMs: PROBE_MS }).catch(() => undefined);
        return sent.get(name) === true;
      } finally {
        sent.delete(name);
      }
    },
    isOwnProbe: ({ name, type }) => {
      if (type !== TYPE.HINFO || !sent.has(name)) return false;
      sent.set(name, true);
      return true;
    },
  };
};
