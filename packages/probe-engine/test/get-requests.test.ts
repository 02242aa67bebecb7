import { readFileSync } from 'node:fs';
import type { HTTPGetAction } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { createGetRequest, type GetRequest } from '../src/core/get-request.js';
import { formatGoUrl } from '../src/core/go-url.js';
import { redirectOf } from '../src/core/redirected-request.js';
import { type WireRequest, wireRequest } from '../src/core/wire-request.js';

/** One probe or hook, and what Kubernetes' code on Go's net/http sends for it and says of it; each redirect is answered with 302 and that Location. */
interface Case {
  readonly for: 'probe' | 'hook';
  readonly action: HTTPGetAction & { readonly port: number };
  /** Default 10.0.0.1. */
  readonly podIp?: string;
  readonly redirects?: readonly string[];
  /** `scheme address request`, bytes as characters. */
  readonly sends?: readonly string[];
  readonly fails?: string;
  /** The status that is judged, where it is a redirect. */
  readonly answers?: number;
}

const cases = readFileSync(new URL('cases/get-requests.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

const formatWire = ({ tls, hostname, port, target, headers }: WireRequest): string => {
  const address = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
  const lines = headers.flatMap(([name, values]) => values.map((value) => `${name}: ${value}\r\n`));
  return `${tls ? 'https' : 'http'} ${address} GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
};

const carryOut = ({ for: purpose, action, podIp = '10.0.0.1', redirects = [] }: Case): Omit<Case, 'for' | 'action'> => {
  const userAgent = purpose === 'hook' ? 'kube-lifecycle/1.36' : 'kube-probe/1.36';
  const created = createGetRequest({ ...action, host: action.host ?? podIp, userAgent, gzip: purpose === 'hook' });
  if (!created.ok) return { fails: `new: ${created.why}` };
  const requests: GetRequest[] = [created.request];
  const sends: string[] = [];
  for (;;) {
    const current = requests.at(-1)!;
    const fails = (why: string, at = formatGoUrl(current.url, { mask: true })) => ({
      ...(sends.length === 0 ? {} : { sends }),
      fails: `do: Get "${at}": ${why}`,
    });
    const wire = wireRequest(current);
    if (!wire.ok) return fails(wire.why);
    sends.push(formatWire(wire.request));
    const location = redirects[sends.length - 1];
    if (location === undefined) return { sends };
    const next = redirectOf(requests, 302, location);
    if (next.type === 'answer') return { sends, answers: 302 };
    if (next.type === 'failed') return fails(next.why, next.at);
    requests.push(next.request);
  }
};

/** Hooks of Kubernetes keep their connections for others; ours don't (docs/decisions/175). */
const withoutClose = (text: string): string => text.replace(/Connection: close\r\n(?=\r\n)/, '');

describe('what Go’s client sends', () => {
  it('is written down for probes, hooks and redirects', () => expect(cases.length).toBeGreaterThan(140));

  it.each(cases.map((one) => [one.for, JSON.stringify({ ...one.action, redirects: one.redirects }), one] as const))(
    'is sent for a %s of %s',
    (purpose, _action, one) => {
      const { sends, fails, answers } = one;
      const result = carryOut(one);
      const sent = result.sends?.map((text) => (purpose === 'hook' ? withoutClose(text) : text));
      expect({ ...result, ...(sent === undefined ? {} : { sends: sent }) }).toEqual({
        ...(sends === undefined ? {} : { sends }),
        ...(fails === undefined ? {} : { fails }),
        ...(answers === undefined ? {} : { answers }),
      });
    },
  );
});
